"""The map of controls: which part of which framework a release's artefacts speak to, and how far.

Takes the artefacts of a dossier; gives each row of `control_map.yaml` with its status. A row is
decided by the claims that it needs, and by nothing else; docs/evidence.md says what each status
means. Called by `derived_files`.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib.resources import as_file, files
from typing import Literal, Self

from pydantic import Field, model_validator

from dslm.errors import Bug, Problems
from dslm.records import Record
from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.claims.all_claims import CLAIMS, Said, has, place, said_of
from dslm.settings.files.document_loading import load_document
from dslm.settings.gate_policy import Settings

Status = Literal["evidenced", "partial", "not evidenced", "out of scope"]
STATUSES: tuple[Status, ...] = ("evidenced", "partial", "not evidenced", "out of scope")
NAME = "control_map.yaml"


class Framework(Settings):
    """A document whose parts are listed."""

    id: str = Field(pattern=r"^[a-z][a-z-]*$")
    title: str
    source: str
    note: str


class Control(Settings):
    """One part of a framework, and what of a release speaks to it."""

    of: str = Field(description="which framework")
    id: str = Field(description="as the framework has it")
    says: str = Field(description="what it asks, in our own words")
    needs: list[str] = Field(default_factory=list, description="claims, all of which have to hold")
    open: str | None = Field(None, description="what they leave open: partial at best")
    lacking: str | None = Field(None, description="why nothing speaks to it yet")
    outside: str | None = Field(None, description="why no artefact of a release can speak to it")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [bool(self.needs), self.lacking is not None, self.outside is not None]
        if sum(ways) != 1:
            raise ValueError(f"{self.id}: exactly one of needs, lacking, outside")
        if self.open and not self.needs:
            raise ValueError(f"{self.id}: `open` is of what it needs")
        if unknown := [name for name in self.needs if name not in CLAIMS]:
            raise ValueError(f"{self.id}: no claim {unknown[0]!r}; known: {', '.join(CLAIMS)}")
        return self


class ControlMap(Settings):
    """The document `control_map.yaml`."""

    frameworks: list[Framework]
    rows: list[Control]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        known = {one.id for one in self.frameworks}
        if lost := [row.id for row in self.rows if row.of not in known]:
            raise ValueError(f"{lost[0]}: of a framework that is not listed")
        counted = Counter((row.of, row.id) for row in self.rows)
        if twice := [row for row, times in counted.items() if times > 1]:
            raise ValueError(f"{twice[0][1]} stands twice")
        return self


class Shown(Record):
    """One claim of a row: whether it holds, and in words."""

    claim: str
    holds: bool
    says: str


class Decided(Record):
    """A row with its status: by which claims, and in which files they lie."""

    of: str
    id: str
    says: str
    status: Status
    why: str
    shown: tuple[Shown, ...]
    artefacts: tuple[str, ...]


@cache
def control_map() -> ControlMap:
    """The map that comes with dslm.

    Raises:
        Bug: It is wrong.
    """
    with as_file(files("dslm.releasing.dossier.claims") / NAME) as path:
        try:
            return load_document(path, ControlMap)
        except Problems as wrong:
            raise Bug(wrong.what, where=path) from wrong


def claims_of(found: Artefacts) -> dict[str, Said]:
    """Every claim: whether it holds, in words."""
    return {name: said_of(found, claim) for name, claim in CLAIMS.items()}


def decided(found: Artefacts) -> tuple[Decided, ...]:
    """Every row of the map with its status."""
    claims = claims_of(found)
    return tuple(_decide(row, claims, found) for row in control_map().rows)


def _decide(row: Control, claims: dict[str, Said], found: Artefacts) -> Decided:
    shown = tuple(
        Shown(claim=CLAIMS[name].title, holds=claims[name][0], says=claims[name][1])
        for name in row.needs
    )
    there = dict.fromkeys(
        place(one) for name in row.needs for one in CLAIMS[name].of if has(found, one)
    )
    status, why = _status(row, shown)
    return Decided(of=row.of, id=row.id, says=row.says, status=status, why=why, shown=shown,
                   artefacts=tuple(there))  # fmt: skip


def _status(row: Control, shown: tuple[Shown, ...]) -> tuple[Status, str]:
    """All hold: evidenced, or partial where something stays open.

    One does not: partial where nothing was open and another one holds; else not evidenced. So a
    claim that no longer holds always turns the row.
    """
    if row.outside is not None:
        return "out of scope", row.outside
    if row.lacking is not None:
        return "not evidenced", row.lacking
    if all(one.holds for one in shown):
        return ("partial", row.open) if row.open else ("evidenced", "")
    some = any(one.holds for one in shown) and not row.open
    lacking = ", ".join(one.claim for one in shown if not one.holds)
    return ("partial" if some else "not evidenced"), f"not shown: {lacking}"
