"""Where what was written differs from what follows: of two records, of rows and their own texts.

Takes rows as they were written and the cases asked; gives each difference in words, without a value
where values are personal. Called by `scorecard_verification`, and by the gate for verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from dslm.contract import Contract
from dslm.records import Case, Row
from dslm.scoring.rows.scored_rows import recompute


def differences(written: Any, derived: Any, at: str = "") -> Iterator[str]:
    """Where two JSON values differ, each place with both values."""
    if isinstance(written, dict) and isinstance(derived, dict):
        for key in sorted(written.keys() | derived.keys()):
            place = f"{at}.{key}" if at else key
            if key not in written or key not in derived:
                yield f"{place}: {'not written' if key not in written else 'cannot be derived'}"
            else:
                yield from differences(written[key], derived[key], place)
    elif written != derived or type(written) is not type(derived):
        yield f"{at}: written {written!r}, derived {derived!r}"


def compare(written: BaseModel, derived: BaseModel, what: str) -> list[str]:
    """The same of two records, each place after `what`."""
    pair = written.model_dump(mode="json"), derived.model_dump(mode="json")
    return [f"{what}: {d}" for d in differences(*pair)]


def derived_rows(
    contract: Contract, cases: Sequence[Case], rows: Sequence[Row], threshold: float, what: str
) -> tuple[list[Row], list[str]]:
    """Rows made again, and where the written ones differ from them."""
    if found := older(rows, what):  # nothing follows from them: all else is told of what they say
        return list(rows), found
    again = recompute(contract, cases, rows, threshold)
    return again, rows_differ(contract, rows, again, what)


def rows_differ(
    contract: Contract, rows: Sequence[Row], again: Sequence[Row], what: str
) -> list[str]:
    """Where rows differ from those made again, values unquoted where they are personal."""
    hides = contract.data.personal.hides
    return [
        _unquoted(d) if hides else d
        for old, new in zip(rows, again, strict=True)
        for d in compare(old, new, f"{what}: case {old.id}")
    ]


def older(rows: Sequence[Row], what: str) -> list[str]:
    """What is said of rows of before log-probabilities were kept; nothing where there are none.

    They say how sure an answer is and not why.
    """
    none = [(row.id, row.prediction) for row in rows if row.prediction.log_probs is None]
    older = [one for one, answer in none if answer.object is not None or answer.confidence > 0]
    return older and [
        f"{what}: {len(older)} without log-probabilities, so that no confidence follows from "
        f"them (case {older[0]} is the first): rows of before these were kept are scored again"
    ]


def _unquoted(difference: str) -> str:
    """A difference without the values of an answer, which go into the verdict and so into git."""
    place, _, values = difference.partition(": written ")
    answered = any(f": {part}" in place for part in ("prediction.object", "slices", "group"))
    if not (values and answered):
        return difference
    return f"{place}: is not what is derived (personal, not quoted)"
