"""Claims on what a release was made from: base, data, packages, training, signed statements.

Called by `all_claims`, with artefacts that are there.
"""

from __future__ import annotations

from typing import Any

from dslm.evidence import NONE
from dslm.evidence.evidence_record import KEYS
from dslm.provenance import MANIFEST, digest_file
from dslm.releasing.dossier.artefacts import Artefacts, needed
from dslm.releasing.dossier.dossier_contents import RELEASE
from dslm.releasing.dossier.foreign_records import Stated
from dslm.releasing.package.bill_of_materials import BASE
from dslm.releasing.signing.in_toto_statements import TRAINING, VERDICT, signed_at

Said = tuple[bool, str]
PYPI = "pkg:pypi/"


def bill_of_parts(found: Artefacts) -> Said:
    """The base model: named by the recipe, and by its digest in the bill."""
    recipe, bill = needed(found.recipe), needed(found.bill)
    parts = bill.get("components", [])
    base: dict[str, Any] = next((part for part in parts if part.get("bom-ref") == BASE), {})
    digest = found.evidence.get("base", NONE).removeprefix("sha256:")
    if digest not in [one.get("content") for one in base.get("hashes", [])]:
        return False, "the bill of materials does not name the base by its digest"
    return True, f"{recipe.base.name} by digest, {recipe.method} adapter of rank {recipe.lora.r}"


def trained(found: Artefacts) -> Said:
    """The run: how many rows and updates."""
    run, recipe = needed(found.training), needed(found.recipe)
    if not {"rows", "steps"} <= run.keys():
        return False, "the training summary says neither rows nor updates"
    return True, (f"{run['rows']:,} rows, {run['steps']:,} updates, learning rate "
                  f"{recipe.training.learning_rate:g}, seed {recipe.training.seed}")  # fmt: skip


def made_from(found: Artefacts) -> Said:
    """The digests of what the candidate's answers are evidence of."""
    named = (found.answered_by or {}).get("candidate")
    if not isinstance(named, dict) or named != dict(found.evidence):
        return False, "the candidate's evidence is not that of the release"
    if lacking := sorted(KEYS - named.keys()):
        return False, f"evidence without {', '.join(lacking)}"
    digests = sum(str(one).startswith("sha256:") for one in named.values())
    return True, f"{digests} digests: weights, base, data, gold, contract, code and others"


def packages(found: Artefacts) -> Said:
    """Every pinned package of the lock file stands in the bill."""
    lock, bill = needed(found.lock), needed(found.bill)
    listed = {str(part.get("purl", "")) for part in bill.get("components", [])}
    count = sum(one.startswith(PYPI) for one in listed)
    pinned = sum("==" in line and not line.startswith("#") for line in lock.splitlines())
    if not pinned or count < pinned:
        return False, f"{count} packages in the bill, {pinned} in the lock file"
    return True, f"packages with exact versions: {count}"


def stated_verdict(found: Artefacts) -> Said:
    """The verdict as a signed test result, dated, of this release."""
    stated = needed(found.stated(f"{RELEASE}/{VERDICT}"))
    at = signed_at(stated.said)
    holds, words = _of_this(found, stated)
    if holds and at is None:
        return False, "it does not say when it was signed"
    return holds, f"{words}, {at:%Y-%m-%d}" if at else words


def stated_training(found: Artefacts) -> Said:
    """Its making as signed provenance, of this release."""
    stated = needed(found.stated(f"{RELEASE}/{TRAINING}"))
    return _of_this(found, stated)


def _of_this(found: Artefacts, stated: Stated) -> Said:
    manifest = digest_file(found.folder / RELEASE / MANIFEST).removeprefix("sha256:")
    try:
        (subject,) = stated.said["subject"]
        ours = subject["digest"]["sha256"] == manifest
    except (LookupError, TypeError, ValueError):
        ours = False
    if not ours:
        return False, "it is a statement on something else"
    if stated.demonstration:
        return False, "stated with the demonstration key, which is published and proves nothing"
    return True, f"stated with key {stated.key_id[:12]}"
