"""Proves a release from its own files: every byte, the verdict among them, what they are of.

Takes a folder, or a version of the registry; gives the manifest or a `ReleaseProof`, and refuses
all else. Called wherever a release is registered, promoted, rolled back to or loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ConfigDict, ValidationError

from dslm.contract import Contract, load_contract
from dslm.errors import GateFailed, Inconclusive, InputError, ReleaseRefused
from dslm.evidence import (
    OF_THE_TREE,
    TERMS_FILE,
    adapter_digests,
    read_json,
    refuse_differences,
    refuse_foreign,
    release_digest,
    threshold_in,
)
from dslm.provenance import MANIFEST, canonical_json, digest_file, digest_json, files_of
from dslm.records import NOT_APPLICABLE, Record, Verdict
from dslm.releasing.journal.look_anchors import refuse_other_look
from dslm.releasing.package.allowed_files import refuse_irregular, refuse_other_loader
from dslm.releasing.package.erased_cases import refuse_false_erasures, tell_of_erasures
from dslm.releasing.package.erasure_register import refuse_unrecorded
from dslm.releasing.package.release_digests import digests_of_files, refuse_other_documents
from dslm.releasing.package.release_package import allowed
from dslm.releasing.package.release_summary import TAG as SUMMARY
from dslm.releasing.package.release_summary import summary_tag
from dslm.releasing.registry.mlflow_store import RESTORE, ModelStore
from dslm.releasing.registry.version import Version
from dslm.releasing.signing.signed_folder import SIGNED_BESIDE
from dslm.releasing.signing.version_signatures import refuse_wrong_signature, tell_of
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json

# MLflow leaves this note beside the files of a model that it loaded from the registry.
MLFLOW_NOTE = "registered_model_meta"
# What lies beside the files that a manifest lists.
BESIDE = SIGNED_BESIDE | {MLFLOW_NOTE}
# What every release has held, of whatever time: without one it cannot be judged, or cannot answer.
NEEDED = ("gate.json", "recipe.yaml", "scorecard.json", "smoke.json", "workflow.yaml")


@dataclass(frozen=True)
class ReleaseProof:
    """What a version's own files say, after every byte was compared.

    `evidence` is the candidate's, in the format of the time when it was made; `signed_with` the id
    of the key that signed it.
    """

    version: int
    digest: str
    evidence: Mapping[str, str]
    folder: Path
    contract: Contract
    verdict: Verdict
    verdict_digest: str
    signed_with: str | None = None


class _Manifest(Record):
    model_config = ConfigDict(extra="forbid")

    digest: str
    files: dict[str, str]
    inputs: dict[str, str]


def evidence_tag(evidence: Mapping[str, str]) -> str:
    """The evidence as a version's tag holds it, for those who list versions without their files."""
    return canonical_json(dict(evidence)).decode()


def verdict_tag(verdict: Verdict) -> str:
    """What a verdict was about, as a version's tag holds it: all that went in.

    Rows and scorecard came out of it, and hold times that differ at every scoring.
    """
    asked = {k: d for k, d in verdict.evidence.items() if k != "scorecard" and k[:5] != "rows_"}
    about = {"baseline": verdict.baseline.written(), "evidence": asked}
    return canonical_json(about).decode()


def checked_files(folder: Path) -> dict[str, str]:
    """The evidence that a release names, after its files were compared with its manifest.

    Raises:
        ReleaseRefused: A file is missing, changed, not listed, or of a kind no release holds.
    """
    if folder.is_dir():
        refuse_irregular(folder)
    try:
        manifest = _manifest(folder / MANIFEST)
    except FileNotFoundError:
        raise ReleaseRefused("no release here: it has no manifest", where=folder) from None
    except ValueError as error:
        what = f"broken manifest ({error})"
        raise ReleaseRefused(what, where=folder / MANIFEST) from None
    if manifest.digest != digest_json(manifest.files):
        raise ReleaseRefused("its digest is not that of its files", where=folder / MANIFEST)
    _refuse_other_files(folder, manifest.files)
    refuse_false_erasures(folder, manifest.files)
    if "MLmodel" in manifest.files:
        refuse_other_loader(folder / "MLmodel")
    _refuse_other_bytes(folder, manifest.inputs)
    if "format" in manifest.inputs:
        refuse_other_documents(folder, manifest.inputs)
    return manifest.inputs


def _refuse_other_files(folder: Path, files: Mapping[str, str]) -> None:
    found = {f.relative_to(folder).as_posix() for f in files_of(folder)} - BESIDE
    for name in sorted(found | set(files)):
        if name not in files or not allowed(name):
            raise ReleaseRefused("a file that does not belong to a release", where=folder / name)
        if name not in found:
            raise ReleaseRefused("a file of the release is missing", where=folder / name)
        if digest_file(folder / name) != files[name]:
            raise ReleaseRefused("bytes differ from the release's manifest", where=folder / name)


def _manifest(path: Path) -> _Manifest:
    """A release's manifest, without a key twice.

    Raises:
        ValueError: It is none; says why.
    """
    try:
        return _Manifest.model_validate(strict_json(path.read_bytes()))
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"]) from None


def _refuse_other_bytes(folder: Path, evidence: Mapping[str, str]) -> None:
    """Refuse a release whose files are not those that its evidence names, in any format.

    Raises:
        ReleaseRefused: A digest differs, or the threshold was certified for another model.
    """
    try:
        found = digests_of_files(folder)
        older = () if "format" in evidence else OF_THE_TREE
        own = {key: value for key, value in found.items() if key in evidence and key not in older}
        refuse_differences(evidence, own, what="the release", where=folder / MANIFEST)
        calibration = folder / "calibration.json"
        model = adapter_digests(folder / "adapter")
        refuse_foreign(threshold_in(calibration), model, where=calibration, fix=RESTORE)
    except InputError as error:
        raise ReleaseRefused(error.what, where=error.where, fix=error.fix) from error


def read_verdict(path: Path, workflow: str) -> Verdict:
    """A verdict that says PASS, of this workflow, with at least one check behind it.

    Raises:
        GateFailed: It says FAIL.
        Inconclusive: It says INCONCLUSIVE.
        ReleaseRefused: It is missing, cut, of another workflow, or rests on nothing.
    """
    value = read_json(path, made_by=f"`dvc repro gate@{workflow}`")
    try:
        verdict = Verdict.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ReleaseRefused(f"no verdict: {key}: {first['msg']}", where=path) from None
    if verdict.workflow != workflow:
        raise ReleaseRefused(f"is the verdict on {verdict.workflow!r}", where=path)
    not_passed = [c.id for c in verdict.checks if c.status not in ("PASS", NOT_APPLICABLE)]
    if verdict.status == "FAIL":
        raise GateFailed(f"the gate says FAIL: {', '.join(not_passed)}", where=path)
    if verdict.status == "INCONCLUSIVE":
        raise Inconclusive(f"the gate cannot say: {', '.join(not_passed)}", where=path)
    if not verdict.checks:
        raise ReleaseRefused("a PASS that rests on no check", where=path)
    return verdict


def prove(store: ModelStore, version: Version, into: Path) -> ReleaseProof:
    """Fetch a version and prove it, by its signature and from its own files.

    Raises:
        ReleaseRefused: It is not signed by whom it should be, or as `prove_files` says.
    """
    folder = store.fetch(version, into)
    where = f"{store.model} version {version.number}"
    signed = refuse_wrong_signature(store.root, store.model, folder, where)
    proof = prove_files(store.model, version, folder)
    tell_of(signed, where)
    if signed is None:
        refuse_unrecorded(Workspace(store.root, store.model), folder, where)
    tell_of_erasures(proof.folder, where)
    return replace(proof, signed_with=signed.key_id if signed else None)


def prove_files(model: str, version: Version, folder: Path) -> ReleaseProof:
    """Prove a version that was fetched, or kept in a backup, from its own files.

    Raises:
        ReleaseRefused: Its bytes, its manifest, its verdict or its tags do not fit each other.
    """
    where = f"{model} version {version.number}"
    manifest = folder / MANIFEST
    if not manifest.is_file() or digest_file(manifest) != version.tags.get("manifest"):
        what = "its manifest is not the one that was registered"
        raise ReleaseRefused(what, where=where, fix=RESTORE)
    try:
        inputs = checked_files(folder)
    except ReleaseRefused as wrong:  # the folder that it names is a copy, gone in a moment
        name = Path(str(wrong.where)).relative_to(folder)
        raise ReleaseRefused(wrong.what, where=f"{where}, {name}", fix=RESTORE) from wrong
    if lacking := [name for name in NEEDED if not (folder / name).is_file()]:
        raise ReleaseRefused(f"the release lacks {', '.join(lacking)}", where=where, fix=RESTORE)
    contract = _contract(folder, where)
    terms = folder / TERMS_FILE
    _refuse_tags(version, where, {
        "digest": release_digest(model, inputs),
        "contract_version": str(contract.version),
        "evidence": evidence_tag(inputs),
        "terms": digest_file(terms) if terms.is_file() else None,
    })  # fmt: skip
    verdict = read_verdict(folder / "gate.json", model)
    if SUMMARY in version.tags:  # earlier ones have none
        _refuse_tags(version, where, {SUMMARY: summary_tag(folder)})
    if "format" in inputs:  # before, the tag was made of what a verdict named then
        _refuse_tags(version, where, {"verdict": verdict_tag(verdict)})
    judged = inputs | {"scorecard": digest_file(folder / "scorecard.json")}
    refuse_differences(verdict.evidence, judged, what=f"the verdict in version {version.number}")
    refuse_other_look(version, verdict, where, RESTORE)
    return ReleaseProof(
        version=version.number,
        digest=version.tags["digest"],
        evidence=inputs,
        folder=folder,
        contract=contract,
        verdict=verdict,
        verdict_digest=digest_file(folder / "gate.json"),
    )


def _contract(folder: Path, where: str) -> Contract:
    try:
        return load_contract(folder / "workflow.yaml")
    except InputError as error:
        what = f"its contract cannot be read: {error.what}"
        raise ReleaseRefused(what, where=where, fix=RESTORE) from error


def _refuse_tags(version: Version, where: str, of_files: Mapping[str, str | None]) -> None:
    """Refuse tags that say something else than the files: whoever lists versions believes them."""
    for tag, value in of_files.items():
        if version.tags.get(tag) != value:
            what = f"its {tag.replace('_', ' ')} is not that of its files"
            raise ReleaseRefused(what, where=where, fix=RESTORE)
