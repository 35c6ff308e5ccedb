"""Digests that a release's evidence and verdict name, made again from its files.

Takes a release's folder; gives the digests, or refuses rows that the verdict is not about. Called
by `checking` for every release that is registered, promoted, gone back to or loaded, and by
`rejudging`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dslm.contract import load_contract
from dslm.errors import InputError, ReleaseRefused
from dslm.evidence import (
    adapter_digests,
    code_digest,
    digest_there,
    read_json,
    refuse_differences,
    threshold_in,
)
from dslm.provenance import digest_json
from dslm.releasing.packaging import EVIDENCE, MODELS
from dslm.releasing.store import RESTORE
from dslm.settings.recipe import load_recipe


def digests_of_files(folder: Path) -> dict[str, str]:
    """What evidence names of a release that is a digest of its files, made from them again.

    Raises:
        InputError: One is missing or broken.
    """
    calibration = folder / "calibration.json"
    return {
        **adapter_digests(folder / "adapter"),
        "calibration": digest_there(calibration, fix=RESTORE),
        "lock": digest_there(folder / "requirements.txt", fix=RESTORE),
        "threshold": str(threshold_in(calibration).cutoff),
    }


def unlike_documents(folder: Path, evidence: Mapping[str, str]) -> list[str]:
    """Which of contract, recipe and plan are not those that the evidence names.

    Their digests are made by code, of what a document means: other code may make another one of
    the same bytes.

    Raises:
        InputError: A document is missing or broken.
    """
    recipe = load_recipe(folder / "recipe.yaml")
    found = {
        "contract": load_contract(folder / "workflow.yaml").digest(),
        "plan": recipe.plan_digest(),
        "recipe": recipe.digest(),
    }
    return sorted(key for key, digest in found.items() if evidence.get(key, digest) != digest)


def refuse_other_documents(folder: Path, evidence: Mapping[str, str]) -> None:
    """Refuse a contract or recipe that the evidence does not name, where this code made that.

    Where other code did, the release's recorded answers say whether it answers as it did.

    Raises:
        ReleaseRefused: It is another.
        InputError: It is missing or broken.
    """
    others = unlike_documents(folder, evidence)
    if others and evidence.get("code") == code_digest():
        what = f"its {', '.join(others)} is not what its evidence names"
        raise ReleaseRefused(what, where=folder, fix=RESTORE)


def refuse_other_rows(folder: Path, files: Mapping[str, str]) -> None:
    """Refuse rows that are not those of the verdict.

    Args:
        folder: The release, of evidence that has a format.
        files: Digest of each file, compared before.

    Raises:
        ReleaseRefused: They are others, or the verdict or the rows' evidence cannot be read.
    """
    verdict = read_json(folder / "gate.json", made_by=RESTORE).get("evidence")
    named = read_json(folder / EVIDENCE, made_by=RESTORE)
    if not isinstance(verdict, dict):
        raise ReleaseRefused("no verdict: it names no evidence", where=folder / "gate.json")
    now = {}
    for model in MODELS:
        if rows := files.get(f"rows/{model}.jsonl"):
            now[f"rows_{model}"] = digest_json({"rows": rows, "evidence": named.get(model)})
    refuse_differences(verdict, now, what="the verdict", where=folder / "gate.json")


def refuse_other_words(folder: Path, evidence: Mapping[str, str], files: Mapping[str, str]) -> None:
    """Refuse documents and rows that are not what evidence and verdict of a release name.

    Raises:
        ReleaseRefused: They are others.
    """
    try:
        refuse_other_documents(folder, evidence)
    except InputError as error:
        raise ReleaseRefused(error.what, where=error.where, fix=error.fix) from error
    refuse_other_rows(folder, files)
