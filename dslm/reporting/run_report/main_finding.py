"""The real news of a verdict that is no PASS: the one thing to know of it, in plain words.

Takes report data; gives a sentence. Called by `verdict_headline`. Not the policy's first check, but
what weighs most: that nothing can be judged, that nothing goes through, that a slice or the
champion's quality is lost; that an answer is cut comes last, since the others follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dslm.records import Check
from dslm.reporting.display_names import metric_name
from dslm.reporting.formatting import interval, quantity, rate
from dslm.reporting.run_report.certificate import almost_certified
from dslm.reporting.run_report.report_data import ReportData
from dslm.reporting.run_report.summary_sentence import went_through

# What weighs more than another, where several checks say no.
WEIGHT = (
    "selective_risk", "cost_per_case", "case_exact_match", "straight_through_rate", "coverage",
    "held_back_rate", "truncation_rate", "schema_valid_rate",
)  # fmt: skip
MOST_WRONG = 0.5  # of all answers right, below which training is what to look at first
_FELL = "significantly worse: "
_DROP = re.compile(r"(?P<slice>.+?) (?P<drop>[+-]\d\.\d+) \(p = [^)]*\)(?:, )?")
_PAIR = re.compile(r"better on (?P<won>\d+) and worse on (?P<lost>\d+) of (?P<cases>\d+) cases")
_WHO = re.compile(r"(?:worse|better) than (?P<who>the (?:base|champion|anchor)|people alone)")
_ON = re.compile(r",? on the (value|interval)$")
_SHARE = re.compile(r"\b\d\.\d{3}\b")


def main_finding(data: ReportData, bad: Sequence[Check]) -> str:
    """The sentence on the checks that did not pass; `bad` has at least one.

    Args:
        data: The run, with its calibration where that is at hand.
        bad: The checks that made the verdict what it is.
    """
    own = next((check for check in bad if check.id in _OWN), None)
    if own is not None:
        return _OWN[own.id](own)
    if not went_through(data.scorecard):
        return f"Nothing proceeds, because {_why_nothing(data)}.{_learnt_little(data)}"
    first = min(bad, key=_weight)
    others = len(bad) - 1
    more = f" {others} more {'check fails' if others == 1 else 'checks fail'}." if others else ""
    return f"{told(data, first)}{more}"


_OWN: dict[str, Callable[[Check], str]] = {
    "evidence": lambda check: f"Nothing was judged: {check.seen.rstrip('. ')}.",
    "first_release": lambda check: f"There is no champion to compare with: {check.seen}.",
}


def weightiest(data: ReportData, bad: Sequence[Check]) -> str:
    """The metric that the news is about."""
    if went_through(data.scorecard):
        return min(bad, key=_weight).metric
    return "case_exact_match" if _learnt_little(data) else "selective_risk"


def _learnt_little(data: ReportData) -> str:
    """That most answers are wrong, which no threshold corrects; empty where they are not."""
    right = data.scorecard.models["candidate"].metrics.get("case_exact_match")
    if right is None or right.value is None or right.value >= MOST_WRONG:
        return ""
    return (f" Only {rate(right.value)} of all answers are right in every field: the model has to "
            "get better before any threshold helps.")  # fmt: skip


def _weight(check: Check) -> tuple[bool, int]:
    place = WEIGHT.index(check.metric) if check.metric in WEIGHT else len(WEIGHT)
    return check.asked.startswith("no slice") is False, place


def _why_nothing(data: ReportData) -> str:
    """Why no answer proceeds, by what the calibration says."""
    found: Mapping[str, Any] = data.calibration or {}
    threshold = data.scorecard.threshold
    if threshold is not None and threshold <= 1:
        return f"no answer is as confident as the certified {rate(threshold)}"
    if nearly := almost_certified(found):
        return f"{_uncertified(data)}. {nearly}"
    said = str(found.get("why", ""))
    said = said.removeprefix("no threshold can be certified: ").removesuffix("; nothing proceeds")
    return f"no confidence could be certified: {said}" if said else _uncertified(data)


def _uncertified(data: ReportData) -> str:
    most = data.contract.decision.max_selective_risk
    return f"no confidence could be certified from which at most {rate(most)} are wrong"


# What a metric counts, as the subject of a sentence.
_SUBJECTS = {
    "case_exact_match": "Cases right in every field",
    "straight_through_rate": "Cases that go through, and rightly",
    "coverage": "Cases that go through",
    "selective_risk": "Wrong among what goes through",
    "held_back_rate": "Cases held back that were right",
}


def told(data: ReportData, check: Check) -> str:
    """One check in plain words."""
    name = _SUBJECTS.get(check.metric, metric_name(check.metric).label)
    asked = _asked(check)
    if check.metric in _COUNTED and (line := _misses(data, check)):
        return line
    if check.why.startswith(_FELL):
        drops = _DROP.finditer(check.why.removeprefix(_FELL))
        parts = [f"by {_points(one['drop'])} on {one['slice'].strip()}" for one in drops]
        return f"{name} fell {' and '.join(parts)}."
    pair, who = _PAIR.search(check.seen), _WHO.search(check.asked)
    if pair and who:
        return (f"{name}: better on {pair['won']} and worse on {pair['lost']} of {pair['cases']} "
                f"cases than {who['who']}; required: {asked}.")  # fmt: skip
    return f"{name}: {_seen(data, check)}; required: {asked}."


def _asked(check: Check) -> str:
    """What is asked, shares as percentages."""
    words = _ON.sub("", check.asked)
    if metric_name(check.metric).unit != "rate":
        return words
    paired = _WHO.search(words) is not None
    return _SHARE.sub(lambda m: _points(m[0]) if paired else rate(float(m[0])), words)


def _seen(data: ReportData, check: Check) -> str:
    """The candidate's value with its interval, as the page has it elsewhere."""
    found = data.scorecard.models["candidate"].metrics.get(check.metric)
    if found is None or found.value is None:
        return check.seen
    unit, currency = metric_name(check.metric).unit, data.scorecard.currency
    text = quantity(found.value, unit, currency)
    return text if found.low is None else f"{text} ({interval(found, unit, currency)})"


_COUNTED = {
    "schema_valid_rate": "no valid object",
    "truncation_rate": "cut at the token limit",
}


def _misses(data: ReportData, check: Check) -> str:
    found = data.scorecard.models["candidate"].metrics.get(check.metric)
    if found is None or found.value is None:
        return ""
    share = 1 - found.value if check.metric == "schema_valid_rate" else found.value
    misses = round(share * found.n)
    verb = "is" if misses == 1 else "are"
    return f"{misses} of {found.n:,} answers {verb} {_COUNTED[check.metric]}."


def _points(drop: str) -> str:
    return f"{abs(float(drop)) * 100:.1f} points"
