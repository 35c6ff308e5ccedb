"""Digests that a release's evidence and verdict name, made again from its files.

Takes a release's folder; gives the digests, or refuses rows that the verdict is not about. Called
by `release_verification` for every release that is registered, promoted, rolled back to or loaded,
by `verified_loading` and by `recomputed_verdict`.
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
from dslm.provenance import MANIFEST, digest_json
from dslm.releasing.package.erased_cases import digest_as_judged
from dslm.releasing.package.release_package import EVIDENCE, MODELS
from dslm.releasing.registry.mlflow_store import RESTORE
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

    Their digests are made by code, of what a document means: of recipe and plan, other code may
    make another one of the same bytes.

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
    """Refuse a contract that the evidence does not name; a recipe too, where this code named it.

    A contract keeps its digest, whatever keys came later. Of a recipe that other code has named,
    the release's recorded answers say whether it answers as it did.

    One that cannot be read is told of by whoever reads it next.

    Raises:
        ReleaseRefused: It is another.
    """
    try:
        others = unlike_documents(folder, evidence)
    except InputError:
        return
    if "contract" in others or (others and evidence.get("code") == code_digest()):
        what = f"its {', '.join(others)} is not what its evidence names"
        raise ReleaseRefused(what, where=folder / MANIFEST, fix=RESTORE)


def refuse_other_rows(folder: Path) -> None:
    """Refuse rows that are not those of the verdict, but for what `erasure.json` says was erased.

    Who promotes judges the rows again, which is more; who loads believes them as they are.

    Args:
        folder: A release, of evidence that has a format, its bytes compared.

    Raises:
        ReleaseRefused: They are others, or the verdict or the rows' evidence cannot be read.
    """
    verdict = read_json(folder / "gate.json", made_by=RESTORE).get("evidence")
    named = read_json(folder / EVIDENCE, made_by=RESTORE)
    if not isinstance(verdict, dict):
        raise ReleaseRefused("no verdict: it names no evidence", where=folder / "gate.json")
    now = {}
    for model in MODELS:
        name = f"rows/{model}.jsonl"
        if (folder / name).is_file():
            about = {"rows": digest_as_judged(folder, name), "evidence": named.get(model)}
            now[f"rows_{model}"] = digest_json(about)
    refuse_differences(verdict, now, what="the verdict", where=folder / "gate.json")
