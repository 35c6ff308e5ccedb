"""All of a dossier that follows from the rest of it: map, cards, page.

Takes a folder with what `collected_files` put there; writes `dossier.json`, `model-card.md`,
`croissant.json` and `index.html`. A pure function of the folder's files, without a clock: whoever
checks a dossier calls it again and compares the bytes. Called by `make_dossier` and
`dossier_verification`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import dslm
from dslm.provenance import digest_file, digest_files, files_of, write_atomic
from dslm.records import Record
from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.cards.croissant_card import croissant
from dslm.releasing.dossier.cards.dossier_page import page
from dslm.releasing.dossier.cards.hugging_face_card import model_card
from dslm.releasing.dossier.claims.all_claims import ARTEFACTS, CLAIMS, has, place, said_of
from dslm.releasing.dossier.claims.control_map import STATUSES, Decided, control_map, decided
from dslm.releasing.dossier.dossier_contents import (
    CROISSANT,
    DERIVED,
    DOSSIER,
    MODEL_CARD,
    PAGE,
    write_json,
)
from dslm.releasing.dossier.recomputed_numbers import recomputed_models

# Where the words of a dossier come from.
WORDED = (
    "releasing/dossier",
    "releasing/dossier/cards",
    "releasing/dossier/claims",
    "reporting",
    "reporting/charts",
    "reporting/data_card",
    "reporting/run_report",
    "reporting/templates",
)


class ClaimMade(Record):
    """One claim, whether it holds, in words, and the files that decide it."""

    claim: str
    title: str
    holds: bool
    says: str
    files: tuple[str, ...]


class Counted(Record):
    """How many rows of a framework have which status."""

    framework: str
    title: str
    source: str
    counts: dict[str, int]


class Dossier(Record):
    """What a dossier says, `dossier.json`.

    Attributes:
        format: Of this record.
        made_with: Version of dslm, and digest of the code that makes dossiers.
        workflow: Whose release.
        version: Its number.
        digest: Its name by content.
        personal: How personal values fare.
        recomputed: Models whose numbers were computed again from the rows that are here.
        claims: All, whether they hold or not.
        frameworks: With counts.
        controls: The map.
        rests_on: Digests of all files that this follows from.
    """

    format: Literal["1"] = "1"
    made_with: dict[str, str]
    workflow: str
    version: int
    digest: str
    personal: str
    recomputed: tuple[str, ...]
    claims: tuple[ClaimMade, ...]
    frameworks: tuple[Counted, ...]
    controls: tuple[Decided, ...]
    rests_on: dict[str, str]


def build(folder: Path, said: dict[str, str] | None = None) -> Dossier:
    """Write all that follows from what lies in a dossier's folder.

    Args:
        folder: As it was gathered.
        said: What an earlier dossier says that it was made with; by default this dslm.

    Raises:
        InputError: A document in it is wrong.
        ReleaseRefused: A record in it is none.
    """
    found = Artefacts(folder)
    told = dossier_of(found, said or made_with())
    write_json(folder / DOSSIER, told.model_dump(mode="json"))
    write_atomic(folder / MODEL_CARD, model_card(found))
    card = folder / ARTEFACTS["data card"]
    if card.is_file():
        digest = digest_file(card).removeprefix("sha256:")
        if (described := croissant(found, digest)) is not None:
            write_json(folder / CROISSANT, described)
    write_atomic(folder / PAGE, page(found, told))
    return told


def dossier_of(found: Artefacts, by: dict[str, str]) -> Dossier:
    """What a dossier says, from its artefacts."""
    made = found.made
    controls = decided(found)
    return Dossier(
        made_with=by,
        workflow=made.workflow,
        version=made.version,
        digest=made.digest,
        personal=made.personal,
        recomputed=tuple(recomputed_models(found)),
        claims=tuple(_claims(found)),
        frameworks=tuple(
            Counted(framework=one.id, title=one.title, source=one.source, counts={
                status: sum(row.of == one.id and row.status == status for row in controls)
                for status in STATUSES
            })
            for one in control_map().frameworks
        ),
        controls=controls,
        rests_on={
            path.relative_to(found.folder).as_posix(): digest_file(path)
            for path in files_of(found.folder)
            if path.relative_to(found.folder).as_posix() not in DERIVED
        },
    )  # fmt: skip


def _claims(found: Artefacts) -> list[ClaimMade]:
    claims = []
    for name, claim in CLAIMS.items():
        holds, says = said_of(found, claim)
        there = tuple(place(one) for one in claim.of if has(found, one))
        claims.append(ClaimMade(claim=name, title=claim.title, holds=holds, says=says, files=there))
    return claims


@cache
def made_with() -> dict[str, str]:
    """The version of dslm, and the digest of the files that words and page come from."""
    root = Path(dslm.__file__).parent
    parts = [
        path
        for folder in WORDED
        for path in (root / folder).iterdir()
        if path.suffix in (".py", ".yaml", ".jinja", ".css")
    ]
    return {"dslm": dslm.__version__, "code": digest_files(root, parts)}
