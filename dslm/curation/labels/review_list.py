"""Writes suspect labels into a workflow's review file, beside the verdicts that are there.

Takes curated cases; gives `data/<workflow>/review.csv`: open rows first, ranked, then those that a
person has decided, unchanged. A `keep` holds for the label that it was said of: once that changes,
the row is open again if it is still suspect. Called by `dslm review`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dslm.cases import read_labelled
from dslm.contract.model.contract_model import Contract, load_contract
from dslm.curation.labels.label_as_text import label_text, read_label
from dslm.curation.labels.review_csv import ReviewRow, read_review, write_review
from dslm.curation.labels.review_decisions import parsed, read_decisions
from dslm.curation.labels.suspects import Suspect, suspects_of
from dslm.curation.splits import SPLITS
from dslm.errors import InputError
from dslm.provenance import canonical_json, read_manifest
from dslm.records import Case
from dslm.settings.workspace import Workspace

EXCERPT = 240  # characters of the input that a row shows


@dataclass(frozen=True)
class Reviewed:
    """What the review file now holds.

    Attributes:
        open: Rows that wait for a verdict, ranked.
        decided: Rows with one.
        left_out: Suspects beyond the number asked for.
        kinds: How many open rows each search found.
    """

    open: tuple[ReviewRow, ...]
    decided: tuple[ReviewRow, ...]
    left_out: int
    kinds: dict[str, int]


def excerpt(text: str) -> str:
    """The start of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


def _row(contract: Contract, one: Suspect, case: Case, kept: str | None) -> ReviewRow:
    if kept is not None and _hidden(contract, one.field):
        kept = "another value"  # it may be of before the contract hid it
    since = "" if kept is None else f" (kept when it was {kept})"
    return ReviewRow(
        id=one.id, field=one.field, label=one.label, suggested=one.suggested or "",
        score=f"{one.score:.3f}", reason=f"{one.kind}: {one.why}{since}", input=excerpt(case.input),
    )  # fmt: skip


def _hidden(contract: Contract, field: str) -> bool:
    """Whether a field of the answer holds, itself or within, what the contract hides."""
    place = f"target.{field}"
    personal = contract.data.personal
    return personal.hides and any(
        f"{one}.".startswith(f"{place}.") or place.startswith(f"{one}.") for one in personal.places
    )


def _requoted(contract: Contract, row: ReviewRow, cases: Mapping[str, Case]) -> ReviewRow:
    """A decided row that quotes its case as it is now.

    What was written before the contract hid personal data would stay there.
    """
    if row.id not in cases or not contract.data.personal.hides:
        return row
    return row.model_copy(update={"input": excerpt(cases[row.id].input)})


def outdated(contract: Contract, row: ReviewRow, case: Case | None) -> bool:
    """Whether a row speaks of another label than its case has now: somebody changed it since."""
    if case is None or not row.label or row.field not in contract.fields:
        return False
    now = (case.target or {})[row.field]
    if row.label.strip().casefold() == label_text(contract, row.field, now).casefold():
        return False
    try:  # a spreadsheet may have written the same value otherwise
        return canonical_json(read_label(contract, row.field, row.label)) != canonical_json(now)
    except InputError:
        return True


def unsettled(suspects: Iterable[Suspect], decided: dict[tuple[str, str], str]) -> list[Suspect]:
    """The suspects that no verdict is about.

    Args:
        suspects: Ranked.
        decided: Case and field → the verdict's word. A `keep` on one case of a tied phrase says
            that the phrase is fine, and silences it on all of them.
    """
    suspects = list(suspects)
    fine = {
        one.why
        for one in suspects
        if one.kind == "tied_phrase" and decided.get((one.id, one.field)) == "keep"
    }
    return [
        one
        for one in suspects
        if (one.id, one.field) not in decided
        and not (one.kind == "tied_phrase" and one.why in fine)
    ]


def chosen(suspects: Sequence[Suspect], at_most: int) -> list[Suspect]:
    """The first suspects; of tied phrases, which come first, at most half unless room is left."""
    tied = [one for one in suspects if one.kind == "tied_phrase"]
    others = [one for one in suspects if one.kind != "tied_phrase"]
    room = max(at_most // 2, at_most - len(others))
    first = tied[:room]
    return [*first, *others[: at_most - len(first)]]


def curated_cases(ws: Workspace, contract: Contract) -> list[Case]:
    """All cases that curation kept; InputError where nothing is curated."""
    made_by = f"`dvc repro curate@{ws.workflow}`"
    if not ws.curated.is_dir():
        raise InputError("nothing is curated yet", where=ws.curated, fix=f"run {made_by}")
    read_manifest(ws.curated, made_by=made_by)
    parts = (read_labelled(ws.curated / f"{name}.jsonl", contract) for name in SPLITS)
    return [case for part in parts for case in part]


def review(ws: Workspace, at_most: int) -> Reviewed:
    """Look for suspect labels in a workflow's curated cases and write its review file.

    Args:
        ws: The workflow's paths.
        at_most: Rows without a verdict that the file may have.

    Raises:
        InputError: Nothing is curated yet, or the review file cannot be read.
        Problems: Wrong verdicts in it; it is left as it is.
    """
    contract = load_contract(ws.contract)
    cases = curated_cases(ws, contract)
    return reviewed(contract, ws.review, cases, at_most)


def reviewed(
    contract: Contract, path: Path, cases: Sequence[Case], at_most: int, beside: Sequence[Case] = ()
) -> Reviewed:
    """Look for suspect labels among cases and write their review file.

    Args:
        contract: The workflow's contract.
        path: The review file; its verdicts are kept.
        cases: What is looked at.
        at_most: Rows without a verdict that the file may have.
        beside: Other cases, with other ids, that are learnt from and not looked at.

    Raises:
        InputError: The review file cannot be read.
        Problems: Wrong verdicts in it; it is left as it is.
    """
    by_id = {case.id: case for case in cases}
    read_decisions(path, contract)
    decided = sorted((row for row in read_review(path) if row.decided), key=lambda r: r.key)
    words = {row.key: parsed(contract, row)[0] for row in decided}
    kept = {row.key: row for row in decided if words[row.key] == "keep"}
    old = {key: row.label for key, row in kept.items()
           if outdated(contract, row, by_id.get(row.id))}  # fmt: skip
    settled: dict[tuple[str, str], str] = {k: word for k, word in words.items() if k not in old}
    found = [one for one in suspects_of(contract, [*cases, *beside]) if one.id in by_id]
    left = unsettled(found, settled)
    shown = chosen(left, at_most)
    rows = tuple(_row(contract, one, by_id[one.id], old.get((one.id, one.field))) for one in shown)
    again = {row.key for row in rows}
    decided = [_requoted(contract, row, by_id) for row in decided if row.key not in again]
    write_review(path, [*rows, *decided])
    kinds = Counter(one.kind for one in shown)
    return Reviewed(rows, tuple(decided), len(left) - len(shown), dict(sorted(kinds.items())))
