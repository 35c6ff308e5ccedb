"""What `dslm init` says of a sample's labels: rare ones, forms of several meanings, look-alikes.

Takes the inferred fields and their values; gives notes for the user. Called by `proposed_workflow`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dslm.contract.dates import date_readings
from dslm.contract.numbers import doubtful_points, plain, readings_of
from dslm.contract.text.look_alikes import look_alikes

MOST_GROUPS = 3  # of look-alikes that are named of one field
FEW = 15  # cases; the gate judges no slice of fewer


def leaves(value: Any) -> Iterator[Any]:
    """The values within lists and objects."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif value is not None:
        yield value


def several_readings(how: str | None, value: Any) -> tuple[str, ...]:
    """What a label may mean as a number or date, where that is several things."""
    if how == "decimal":
        found = tuple(plain(amount.value) for amount in readings_of(value))
    elif how == "date":
        found = tuple(str(day) for day in sorted(date_readings(value)))
    else:
        return ()
    return found if len(found) > 1 else ()


def value_notes(compare: Mapping[str, str], values: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Notes on the values of each field."""
    for field, present in values.items():
        how = compare.get(field)
        told = next((v for v in present if several_readings(how, v)), None)
        if told is not None:
            readings = " or ".join(several_readings(how, told))
            count = sum(bool(several_readings(how, v)) for v in present)
            yield (
                f"{field}: {told!r} may be {readings} ({count} of {len(present)} values are so): "
                "say which by `locale` in workflow.yaml, e.g. `locale: de_DE`; without it they are "
                "compared exactly"
            )
        if how == "decimal" and (doubtful := doubtful_points(v for v in present if type(v) is str)):
            yield (
                f"{field}: {doubtful[0]!r} is read as it is in JSON, with three decimals, but "
                f"other labels have a comma before theirs ({len(doubtful)} labels are so): "
                "say what the point is by `locale` in workflow.yaml, e.g. `locale: de_DE`"
            )
        labels = [leaf for value in present for leaf in leaves(value) if isinstance(leaf, str)]
        groups = look_alikes(labels)
        for group in groups[:MOST_GROUPS]:
            yield f"{field}: {group}: are they one label?"
        if len(groups) > MOST_GROUPS:
            yield f"{field}: {len(groups) - MOST_GROUPS} more such groups of labels"


def rare_fields(values: Mapping[str, Sequence[Any]], cases: int) -> Iterator[str]:
    """A note on the fields that hardly any case has, if there are some.

    Args:
        values: Field → its values other than null.
        cases: In the whole sample.
    """
    rare = [f"{field} ({len(present)})" for field, present in values.items() if len(present) < FEW]
    if rare and cases >= FEW:
        yield (
            f"{', '.join(rare)}: fewer than {FEW} of {cases} cases have a value there, too few to "
            "learn or to judge; a wrong one spoils the whole case: leave out of the sample what "
            "does not matter"
        )
