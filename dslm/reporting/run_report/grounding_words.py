"""How the grounded values of an answer were found in their input, in words.

Worked out anew from contract, input and answer, so that old rows have it too. Called by
`case_views`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dslm.contract.answers.grounding import Grounding, groundings
from dslm.contract.model.contract_model import Contract
from dslm.reporting.formatting import visible

_HOW = {
    "verbatim": "to the letter", "normalised": "folded", "number": "as a number",
    "date": "as a date", "missing": "not in the input",
}  # fmt: skip


def grounding_words(
    contract: Contract, text: str, answer: Mapping[str, Any] | None
) -> dict[str, str]:
    """Grounded field → how its value was found; null and a missing answer have none."""
    if answer is None:
        return {}
    return {field: _words(one) for field, one in groundings(contract, text, answer).items()}


def _words(one: Grounding) -> str:
    words = _HOW[one.how] + (f" ({visible(one.place)})" if one.place else "")
    return f"{words}; may be {' or '.join(one.readings)}" if one.ambiguous else words
