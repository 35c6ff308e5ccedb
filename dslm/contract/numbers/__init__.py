"""The one place that reads numbers and amounts: in running text, and in labels.

In: text in any of the world's notations, and the contract's locale, which decides where a form
alone does not. Out: numbers with their currencies; what stays undecided has all its readings. Used
by comparing, grounding, narrowing and `dslm init`. docs/contract.md, Numbers, has the forms.

`number_reader` looks for digits and what they state together, and asks `number_signs` for what
stands beside them (-5, 5-, EUR 5), `separators` for the customs of locales, `currencies` for signs
and codes; `mixed_notations` compares the labels of a field.
"""

from dslm.contract.numbers.mixed_notations import doubtful_points
from dslm.contract.numbers.number_reader import (
    Amount,
    StatedAmount,
    amount_of,
    amounts_in,
    decimal_of,
    is_number,
    numbers,
    plain,
    readings_of,
)

__all__ = [
    "Amount",
    "StatedAmount",
    "amount_of",
    "amounts_in",
    "decimal_of",
    "doubtful_points",
    "is_number",
    "numbers",
    "plain",
    "readings_of",
]
