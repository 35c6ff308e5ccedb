"""What a run means for the one who decides, in a sentence: who gets the cases, and what it saves.

Takes report data; gives text. First on the page, in the terminal and in a comment. Every number is
the scorecard's; people alone cost one review a case, as the contract prices it.
"""

from __future__ import annotations

import math

from dslm.records import Metric, Scorecard
from dslm.reporting.display_names import COST, SELECTIVE_RISK
from dslm.reporting.formatting import money
from dslm.reporting.run_report.report_data import ReportData


def went_through(card: Scorecard) -> int:
    """How many cases of gold proceed without a person."""
    counts = card.models["candidate"].outcomes
    return counts.get("straight_through", 0) + counts.get("wrong_proceed", 0)


def first_sentence(data: ReportData) -> str:
    """Of so many cases so many go through, so many of them wrong; what that saves."""
    card = data.scorecard
    cases, went = card.gold_cases, went_through(card)
    held = cases - went
    through = f"Of {cases:,} cases {went or 'none'} {'go' if went > 1 else 'goes'} through"
    if went:
        through += f", {_wrong(card, went)}"
    to_person = (
        f"{held:,} {'go' if held != 1 else 'goes'} to a person" if held else ("none is held back")
    )
    return f"{through}; {to_person}; {_saved(data)}."


def _wrong(card: Scorecard, went: int) -> str:
    model = card.models["candidate"]
    wrong = model.outcomes.get("wrong_proceed", 0)
    risk = model.metrics.get(SELECTIVE_RISK)
    text = f"{wrong or 'none'} of them wrong"
    if risk is None or risk.low is None or risk.high is None:
        return text
    low, high = math.floor(risk.low * went + 1e-9), math.ceil(risk.high * went - 1e-9)
    return f"{text} ({min(low, wrong)} to {max(high, wrong)})"


def saving(data: ReportData) -> Metric:
    """How much cheaper a case is than with people alone, with its 95 % interval."""
    person = data.contract.costs.review
    found = data.scorecard.models["candidate"].metrics.get(COST)
    if found is None or found.value is None:
        return Metric(value=None, low=None, high=None, n=0)
    low = None if found.high is None else person - found.high
    high = None if found.low is None else person - found.low
    return Metric(value=person - found.value, low=low, high=high, n=found.n)


def _saved(data: ReportData) -> str:
    found, currency = saving(data), data.scorecard.currency
    if found.value is None:
        return "its cost was not measured"
    if abs(found.value) < 1e-9:
        return "that costs the same as people alone"
    amount = money(abs(found.value), currency)
    word = "saves" if found.value > 0 else "costs"
    more = "against" if found.value > 0 else "more than"
    certain = found.low is not None and found.high is not None
    certain = certain and ((found.low or 0.0) > 0 or (found.high or 0.0) < 0)
    doubt = "" if certain else ", which is not certain"
    return f"that {word} {amount} a case {more} people alone{doubt}"
