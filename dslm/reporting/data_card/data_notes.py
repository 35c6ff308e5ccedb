"""What somebody should look at in a data card, in one sentence each.

Takes a card; gives sentences. Called by the page and by `dslm show data`. Nothing here is a
verdict: what may be released is the gate's to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.data_card import DataCard, Tallied
from dslm.gating.power.detectable_differences import needed_words
from dslm.reporting.formatting import plain_value

MOST_NAMED = 5


def _unseen(tallied: Tallied) -> list[str]:
    """Values that are measured but were never trained on."""
    return [
        plain_value(tally.value)
        for tally in tallied.values
        if not tally.cases["train"] and (tally.cases["gold"] or tally.cases["calibration"])
    ]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _of_origin(card: DataCard) -> Iterator[str]:
    bare = [file.file for file in card.files if file.licence.strip().upper() in ("", "TODO")]
    if bare:
        yield f"No licence is given for {_listed(bare)}."
    if card.rejected:
        yield f"{card.rejected:,} of {card.read:,} rows are not cases; rejects.jsonl names each."
    if leaks := sum(card.leakage.found.values()):
        yield (
            f"{leaks:,} cases repeated gold and were dropped: find out how they got into the "
            "sources."
        )


def _of_labels(card: DataCard) -> Iterator[str]:
    if card.contradictions.found:
        inputs = "1 input has" if card.contradictions.found == 1 else (
            f"{card.contradictions.found:,} inputs have"
        )  # fmt: skip
        yield (
            f"{inputs} several answers: one of the labels is wrong, or the guideline leaves it "
            "open."
        )
    for tallied in card.labels:
        if names := _unseen(tallied):
            yield (
                f"{tallied.name} is measured on values that training does not have: "
                f"{_listed(names)}."
            )
    for field in card.lists:
        if field.values is not None and (names := _unseen(field.values)):
            yield (
                f"{field.name} is measured on items that training does not have: {_listed(names)}."
            )
    for tallied in card.slices:
        if names := _unseen(tallied):
            yield (
                f"Slice {tallied.name} has values in gold that are not in training: "
                f"{_listed(names)}."
            )


def _of_persons(card: DataCard) -> Iterator[str]:
    held = (card.personal or {}).get("in_fields")
    if empty := [place for place, cases in (held if isinstance(held, dict) else {}).items()
                 if cases == 0]:  # fmt: skip
        yield (f"Declared personal, but no case has a value there: {_listed(sorted(empty))}. "
               "Is the name spelt as in the cases?")  # fmt: skip
    left = (card.personal or {}).get("left")
    if isinstance(left, dict) and left:
        fields = sorted(place for place in left if not place.startswith("input: "))
        kinds = sorted(place.removeprefix("input: ") for place in left if place not in fields)
        if fields:
            yield (f"Not replaced, but looks personal: {_listed(fields)}. Declare it in "
                   "data.personal.fields, with `kind: none` if it is not personal.")  # fmt: skip
        if kinds:
            yield (f"Left in inputs, but looks personal: {_listed(kinds)}. data.personal.kinds "
                   "names what curation looks for.")  # fmt: skip


def notes(card: DataCard) -> list[str]:
    """What stands out: origin, labels, then what the gold set is too small for."""
    found = [*_of_origin(card), *_of_persons(card), *_of_labels(card)]
    untimed = sum(part.untimed for part in card.parts.values())
    if untimed:
        found.append(f"{untimed:,} cases have no readable date of arrival.")
    for check in card.reach.checks:
        if check.enough is False:
            needs = (
                f" Needs {needed_words(check.needed, check.needed_groups)}." if check.needed else ""
            )
            found.append(f"Gold is too small for the check {check.id}: it {check.can}.{needs}")
    return found
