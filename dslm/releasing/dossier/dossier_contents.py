"""What a dossier's folder holds, file by file, and what is said of how it was made.

`Made` is written by `collected_files` and read by whoever checks a folder: which release it is of,
which files are copies, and why others are not there.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import Field

from dslm.provenance import MANIFEST, write_atomic
from dslm.records import Record
from dslm.releasing.package.bill_of_materials import BILL
from dslm.releasing.package.erased_cases import FILE as ERASED
from dslm.releasing.package.release_package import EVIDENCE
from dslm.releasing.signing.in_toto_statements import STATEMENTS
from dslm.releasing.signing.model_signature import SIGNATURE

RELEASE, ROWS, RECORDS = "release", "rows", "records"  # folders of a dossier
MADE, INPUTS = "made.json", "inputs.jsonl"
# What is made of the rest, and made again by whoever checks.
DOSSIER, PAGE = "dossier.json", "index.html"
MODEL_CARD, CROISSANT = "model-card.md", "croissant.json"
DERIVED = (DOSSIER, PAGE, MODEL_CARD, CROISSANT)

SIGNED_COPIES = (SIGNATURE, *STATEMENTS)
# Files of a release that are copied, as far as it has them.
COPIED = (
    MANIFEST, "workflow.yaml", "recipe.yaml", "requirements.txt", "scorecard.json", "gate.json",
    "calibration.json", EVIDENCE, "data-card.json", BILL, "card.md", "adapter/adapter_config.json",
    "adapter/training.json", ERASED, *SIGNED_COPIES,
)  # fmt: skip
# Records beside a release: the file in the dossier.
JOURNAL, PROMOTION, POLICY = "journal.json", "promotion.dsse.json", "release-policy.yaml"
APPROVALS, DRILL = "approvals.json", "drill.json"
_WITHHELD = {
    "terms.json": "digests of gold cases",
    "champion-terms.json": "digests of gold cases",
    "recorded.jsonl": "inputs of gold cases",
    "smoke.json": "an input of a gold case",
}

# How personal values fare, for readers.
HIDDEN = "Personal values stand as their kind in brackets."
NONE_LOOKED_FOR = "The contract names no personal data, and none was looked for."

How = Literal["as it is", "texts hidden", "not included"]


class ReleaseFile(Record):
    """A file of the release, by its digest there; `why` it is not included."""

    name: str
    digest: str
    how: How
    why: str = ""


class Made(Record):
    """What a dossier is of, and how it was made.

    Attributes:
        format: Of this record.
        workflow: Whose release.
        version: Its number in the registry.
        digest: Its name by content.
        personal: How personal values fare, for readers.
        gold_at_hand: Whether the gold set of the release lay in the repository.
        inputs: Whether the inputs of gold are included.
        files: Of the release.
    """

    format: Literal["1"] = "1"
    workflow: str
    version: int = Field(ge=1)
    digest: str
    personal: str
    gold_at_hand: bool
    inputs: bool
    files: tuple[ReleaseFile, ...]


def says_what_it_must(made: Made) -> bool:
    """Whether a dossier says of personal values and of files left out what dslm says, no more."""
    whys = (why_withheld(one.name) if one.how == "not included" else "" for one in made.files)
    worded = all(one.why == why for one, why in zip(made.files, whys, strict=True))
    return worded and made.personal in (HIDDEN, NONE_LOOKED_FOR)


def why_withheld(name: str) -> str:
    """Why a file of a release is not in a dossier."""
    path = PurePosixPath(name)
    if name in _WITHHELD:
        return _WITHHELD[name]
    if path.suffix == ".safetensors":
        return "weights"
    if path.parts[0] == "rows" and path.suffix == ".jsonl":
        return f"answers to gold as they were given; {ROWS}/ says what each was worth"
    return "says nothing of how good the release is"


def write_json(path: Path, value: Any) -> None:
    """A JSON value as every file of a dossier has it, whole or not at all."""
    write_atomic(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")
