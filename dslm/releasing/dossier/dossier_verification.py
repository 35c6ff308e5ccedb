"""Checks a dossier: nothing in it is believed that can be computed, compared or drawn again.

`check_dossier` takes a folder that somebody was given, and, where there is one, a trust root; it
needs neither repository nor registry. It refuses, and names the file. Called by
`dslm release verify --dossier` and `against_registry`.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.errors import InputError, ReleaseRefused
from dslm.evidence import release_digest
from dslm.provenance import MANIFEST, digest_file, digest_json
from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.derived_files import build, made_with
from dslm.releasing.dossier.dossier_contents import (
    DERIVED,
    DOSSIER,
    MADE,
    RELEASE,
    SIGNED_COPIES,
    says_what_it_must,
)
from dslm.releasing.dossier.foreign_records import AGAIN
from dslm.releasing.dossier.recomputed_numbers import not_as_computed
from dslm.releasing.dossier.records_shown import not_vouched_for, refuse_other_names
from dslm.releasing.signing.dsse import opened
from dslm.releasing.signing.in_toto_statements import STATEMENTS, VERDICT
from dslm.releasing.signing.model_signature import SIGNATURE, files_in, read_signature
from dslm.releasing.signing.trusted_keys import Trust, read_trust, refuse_own_trust
from dslm.settings.files.regular_files import refuse_no_file, refuse_no_folder
from dslm.strict_json import strict_json

MOST_BYTES = 256_000_000  # of one file: rows of some hundred thousand cases
MOST_FILES = 500
MOST_NAMED = 3


@dataclass(frozen=True)
class CheckedDossier:
    """What a dossier is, once it was checked.

    Attributes:
        workflow: Whose release.
        version: Its number, as the dossier says.
        digest: Its name by content.
        recomputed: Models whose numbers were computed again.
        signed_by: Whose key signed the release; None where that was not asked, or nobody did.
        hidden: Files with texts hidden, which nobody can compare without the release.
        not_vouched_for: Records that no key of the trust root signs; empty where none was given.
        registered: Whether it was compared with a registry.
        judged_again: Whether the gate reached its verdict again, from the release's own rows.
    """

    workflow: str
    version: int
    digest: str
    recomputed: tuple[str, ...]
    signed_by: str | None
    hidden: tuple[str, ...]
    not_vouched_for: tuple[str, ...] = ()
    registered: bool = False
    judged_again: bool = False


def check_dossier(folder: Path, trust: Trust | None = None) -> CheckedDossier:
    """Check a dossier by itself.

    Args:
        folder: The dossier.
        trust: Whose signatures count; None: nobody's is asked for.

    Raises:
        InputError: There is no such folder.
        ReleaseRefused: A file is changed, missing, added or a link; a number does not follow from
            the rows; somebody is named who signed or approved nothing; the map, a card or the page
            is not what follows from the files; or the release is not signed by whom it should be.
    """
    refuse_no_folder(folder, fix="name a folder that `dslm release dossier` made")
    _refuse_other_files(folder)
    found = Artefacts(folder)
    try:
        hidden = _refuse_other_copies(found)
        signed_by = None if trust is None else _refuse_wrong_signature(found, trust)
        hidden += refuse_other_names(found)
        alone = () if trust is None else not_vouched_for(found, trust)
        _refuse_other_numbers(found)
        told = _refuse_other_pages(folder)
    except InputError as wrong:
        raise ReleaseRefused(wrong.what, where=wrong.where, fix=AGAIN) from wrong
    made = found.made
    return CheckedDossier(made.workflow, made.version, made.digest, told, signed_by, hidden, alone)


def check_given(folder: Path, trust_root: Path | None) -> CheckedDossier:
    """Check a dossier that somebody was given, by a trust root of one's own.

    Args:
        folder: The dossier.
        trust_root: Whose signatures count; never from the dossier itself.

    Raises:
        InputError: The trust root is missing, wrong, or comes with what is checked.
        ReleaseRefused: As `check_dossier`.
    """
    if trust_root is None:
        return check_dossier(folder)
    refuse_no_file(trust_root, fix="name a file with the keys that you trust")
    refuse_own_trust(folder, trust_root)
    return check_dossier(folder, read_trust(trust_root))


def _refuse_other_files(folder: Path) -> None:
    """Compare all files with the dossier's own manifest: plain files alone, of a usual size.

    Raises:
        ReleaseRefused: One is changed, missing, added, a link or too large.
    """
    there = files_in(folder)
    names = set(there) - {MANIFEST}
    if len(names) > MOST_FILES:
        raise ReleaseRefused(f"more than {MOST_FILES} files", where=folder)
    for name in there:
        if (folder / name).stat().st_size > MOST_BYTES:
            raise ReleaseRefused(f"larger than {MOST_BYTES:,} bytes", where=folder / name)
    path = folder / MANIFEST
    try:
        manifest = strict_json(path.read_bytes())
        files, digest = manifest["files"], manifest["digest"]
        whole = isinstance(files, dict) and digest == digest_json(files)
    except FileNotFoundError:
        raise ReleaseRefused("is no dossier: it has no manifest", where=folder) from None
    except (ValueError, LookupError, TypeError):
        whole = False
    if not whole:
        raise ReleaseRefused("its digest is not that of its files", where=path, fix=AGAIN)
    for name in sorted(names | files.keys()):
        if name not in names:
            raise ReleaseRefused("a file of the dossier is missing", where=folder / name, fix=AGAIN)
        if files.get(name) != digest_file(folder / name):
            what = "was changed after it was made" if name in files else "was added"
            raise ReleaseRefused(what, where=folder / name, fix=AGAIN)


def _refuse_other_copies(found: Artefacts) -> tuple[str, ...]:
    """Compare the copies of the release's files with its manifest, and that with its name.

    Returns:
        The files that texts are hidden in.
    """
    made, folder = found.made, found.folder / RELEASE
    manifest = found.manifest
    ours = made.digest == release_digest(made.workflow, found.evidence)
    if not ours or manifest.digest != digest_json(manifest.files):
        what = "its digest is not that of its files, or it is of another release"
        raise ReleaseRefused(what, where=folder / MANIFEST, fix=AGAIN)
    listed = {one.name: one for one in made.files}
    there = set(files_in(folder))
    beside = {MANIFEST, *SIGNED_COPIES}
    wrong = listed.keys() ^ (manifest.files.keys() | (beside & listed.keys()))
    wrong |= there ^ {name for name, one in listed.items() if one.how != "not included"}
    if wrong:
        what = "is not among the files that are said to be copied, or the reverse"
        raise ReleaseRefused(what, where=folder / min(wrong), fix=AGAIN)
    for name, one in listed.items():
        if one.digest != manifest.files.get(name, one.digest):
            raise ReleaseRefused("is not the release's file", where=folder / name, fix=AGAIN)
        if one.how == "as it is" and digest_file(folder / name) != one.digest:
            raise ReleaseRefused("is not the release's file", where=folder / name, fix=AGAIN)
    return tuple(name for name, one in listed.items() if one.how == "texts hidden")


def _refuse_wrong_signature(found: Artefacts, trust: Trust) -> str:
    """Whose signature is on the release, after what it signs was compared with its manifest."""
    path = found.folder / RELEASE / SIGNATURE
    if not path.is_file():
        fix = "ask for a dossier of a signed release, or leave --trust out"
        raise ReleaseRefused("the release is not signed", where=found.folder, fix=fix)
    signed = read_signature(path.read_bytes(), trust, path)
    digests = {one.name: one.digest for one in found.made.files if one.name != SIGNATURE}
    if {name: f"sha256:{digest}" for name, digest in signed.files.items()} != digests:
        raise ReleaseRefused("signs other files than the release's", where=path, fix=AGAIN)
    for name in STATEMENTS:
        where = found.folder / RELEASE / name
        said, by = opened(where.read_bytes(), trust, where)
        if by != signed.by or (name == VERDICT and not _states(said, found)):
            raise ReleaseRefused("states something else than the dossier", where=where, fix=AGAIN)
    invented = found.contract is not None and found.contract.data.personal.demonstration_key
    if signed.by.key.demonstration and not invented:
        what = "signed with the demonstration key, which is published and proves nothing"
        raise ReleaseRefused(what, where=path)
    return signed.by.name


def _states(said: Any, found: Artefacts) -> bool:
    """Whether a signed verdict is the one that is here, also where texts of that are hidden."""
    verdict = found.verdict
    if verdict is None:
        return True
    digest = next(one.digest for one in found.made.files if one.name == "gate.json")
    passed = [check.id for check in verdict.checks if check.status == "PASS"]
    try:
        own = said["predicate"]
        signed = own["verdict"]["status"], f"sha256:{own['verdict']['digest']['sha256']}"
        return bool((*signed, own["passedTests"]) == (verdict.status, digest, passed))
    except (LookupError, TypeError):
        return False


def _refuse_other_numbers(found: Artefacts) -> None:
    if differ := not_as_computed(found):
        what = f"does not follow from the rows: {'; '.join(differ[:MOST_NAMED])}"
        raise ReleaseRefused(what, where=found.folder, fix=AGAIN)


def _refuse_other_pages(folder: Path) -> tuple[str, ...]:
    """Make again all that follows from the rest, and compare it byte for byte.

    Returns:
        The models whose numbers were computed again.
    """
    said = _made_with(folder / DOSSIER)
    if not says_what_it_must(Artefacts(folder).made):
        raise _unlike(folder / MADE, said)
    with tempfile.TemporaryDirectory(prefix="dslm-dossier-") as scratch:
        again = Path(scratch) / "dossier"
        shutil.copytree(folder, again, ignore=shutil.ignore_patterns(*DERIVED))
        told = build(again, said)
        for name in DERIVED:
            _refuse_unlike_file(folder, again, name, said)
    return told.recomputed


def _refuse_unlike_file(folder: Path, again: Path, name: str, said: dict[str, str]) -> None:
    pair = [path.read_bytes() if path.is_file() else None for path in (folder / name, again / name)]
    if pair[0] != pair[1]:
        raise _unlike(folder / name, said)


def _unlike(path: Path, said: dict[str, str]) -> ReleaseRefused:
    what = "is not what follows from the dossier's files"
    fix = AGAIN
    if said != made_with():
        what += ", or another dslm words it otherwise"
        fix = f"check it with the dslm that made it, {said['dslm']} ({said['code'][:19]})"
    return ReleaseRefused(what, where=path, fix=fix)


def _made_with(path: Path) -> dict[str, str]:
    """What a dossier says of the dslm that made it."""
    try:
        said = strict_json(path.read_bytes())["made_with"]
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        said = None
    texts = isinstance(said, dict) and said.keys() == {"dslm", "code"}
    if not texts or not all(isinstance(one, str) for one in said.values()):
        raise ReleaseRefused("does not say what made it", where=path, fix=AGAIN)
    return dict(said)
