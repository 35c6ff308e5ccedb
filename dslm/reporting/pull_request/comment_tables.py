"""The comment's tables: numbers beside the champion's, slices, checks, flips.

Takes a run; gives lines of markdown, every text of others escaped. Each table takes the most rows
it may have and says how many it left out. Called by `pull_request_comment`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dslm.gating.checks.paired_difference import Comparison, compare
from dslm.gating.markdown_escaping import literal, words
from dslm.gating.verdict_markdown import MARKS, ORDER
from dslm.records import Check, Metric, Row, Verdict
from dslm.reporting.display_names import (
    COST,
    EXACT,
    SELECTIVE_RISK,
    STRAIGHT_THROUGH,
    metric_name,
    model_name,
)
from dslm.reporting.formatting import MINUS, NBSP, interval, money, plain_value, quantity, rate
from dslm.reporting.pull_request.answer_flips import Flip
from dslm.reporting.run_report.report_data import ReportData
from dslm.scoring.all_to_a_person import PERSON
from dslm.scoring.outcome import dearest

SHOWN = (EXACT, STRAIGHT_THROUGH, SELECTIVE_RISK, COST)
NOTHING = Metric(value=None, low=None, high=None, n=0)
LONG = 160  # characters of a value
LONG_INPUT = 600


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of cells that are markdown already."""
    body = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}", *body] if body else []


def left_out(found: int, most: int, what: str, where: str) -> list[str]:
    """A line on what a table does not show; none where it shows all."""
    return [] if found <= most else ["", f"… and {found - most:,} more {what}: see {where}."]


def reference_of(data: ReportData) -> str | None:
    """Whom the candidate is compared with case by case: the champion that serves, else nobody."""
    return "champion" if data.rows.get("champion") else None


def paired(data: ReportData, name: str, alpha: float, places: Sequence[int] | None = None
           ) -> Comparison | None:  # fmt: skip
    """The gate's own comparison with the champion, over all cases or some; None without one."""
    mine, theirs = data.rows.get("candidate"), data.rows.get("champion")
    if not mine or not theirs or name == SELECTIVE_RISK:
        return None
    held = {row.id: row for row in theirs}
    pairs = [(row, held[row.id]) for row in _picked(mine, places)]
    most = dearest(data.contract)
    return compare(name, [a for a, _ in pairs], [b for _, b in pairs], alpha, most)


def _picked(rows: Sequence[Row], places: Sequence[int] | None) -> Sequence[Row]:
    return rows if places is None else [rows[place] for place in places]


def difference(found: Comparison | None, name: str, currency: str) -> str:
    """How much better (+) or worse (−) the candidate is, with both bounds."""
    if found is None:
        return "–"
    money_like = metric_name(name).unit == "money"
    unit = f"{NBSP}{currency}" if money_like else f"{NBSP}points"
    one, low, high = (
        _signed(value, currency if money_like else None)
        for value in (found.difference, found.low, found.high)
    )
    return f"{one}{unit} ({low} to {high})"


def _signed(value: float, currency: str | None) -> str:
    """An amount of money, or percentage points, without the unit."""
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    if currency is None:
        return f"{sign}{abs(value) * 100:.1f}"
    return sign + money(abs(value), currency).removesuffix(f"{NBSP}{currency}")


def numbers(data: ReportData, alpha: float) -> list[str]:
    """The headline numbers of candidate, champion, base and people, with 95 % intervals."""
    against = reference_of(data)
    columns = {"candidate": "Candidate", "champion": "Champion"}
    if against:
        columns["gap"] = "Better (+) or worse (−) than the champion"
    columns |= {"base": "Base model, prompted", PERSON: model_name(PERSON)}
    known = {"gap", *data.scorecard.models, *([PERSON] if data.person else [])}
    there = {key: title for key, title in columns.items() if key in known}
    currency = data.scorecard.currency
    rows = [
        [metric_name(name).label] + [
            difference(paired(data, name, alpha), name, currency) if key == "gap"
            else _metric(data, key, name)
            for key in there
        ]
        for name in SHOWN
    ]  # fmt: skip
    return table(["", *there.values()], rows)


def _metric(data: ReportData, model: str, name: str) -> str:
    known = data.person if model == PERSON else data.scorecard.models[model].metrics
    found = known.get(name, NOTHING)
    unit, currency = metric_name(name).unit, data.scorecard.currency
    text = quantity(found.value, unit, currency)
    if found.value is None or found.low is None:
        return words(text)
    return words(f"{text} ({interval(found, unit, currency)})")


def slices(data: ReportData, alpha: float, most: int, where: str) -> list[str]:
    """Every slice value beside the champion's, the one that lost most first."""
    mine = data.rows.get("candidate", ())
    found = []
    for name in data.contract.slices:
        for value in sorted({row.slices.get(name, "") for row in mine}):
            places = [i for i, row in enumerate(mine) if row.slices.get(name, "") == value]
            right = sum(mine[i].outcome.exact for i in places)
            gap = paired(data, EXACT, alpha, places)
            found.append((gap.difference if gap else right / len(places), [
                f"{literal(name)} {literal(value)}", f"{len(places):,}",
                rate(right / len(places)), difference(gap, EXACT, ""),
                f"{gap.lost} lost, {gap.gained} won" if gap else "–",
            ]))  # fmt: skip
    found.sort(key=lambda one: one[0])
    columns = ["Slice", "Cases", "Right in every field", "Against the champion", "Cases"]
    shown = table(columns, [row for _, row in found[:most]])
    return [*shown, *left_out(len(found), most, "slices", where)]


def checks(verdict: Verdict, means: dict[str, str], most: int, where: str) -> list[str]:
    """Every check, those that say no first, with why it is asked in the owner's words."""
    ordered: list[Check] = sorted(verdict.checks, key=lambda check: ORDER[check.status])
    rows = [
        [f"{MARKS[c.status]} {c.status}", literal(c.id), words(c.asked), words(c.seen),
         words(c.why), words(means.get(c.id, ""))]
        for c in ordered[:most]
    ]  # fmt: skip
    columns = ["", "Check", "Required", "Measured", "Why", "Why it is required"]
    return [*table(columns, rows), *left_out(len(ordered), most, "checks", where)]


def flipped(
    data: ReportData, found: Sequence[Flip], most: int, where: str, *, quoted: bool
) -> Iterator[str]:
    """The cases that changed, by id and field; with texts only where the contract says so."""
    for kind, title in (("wrong", "Newly wrong"), ("right", "Newly right")):
        some = [flip for flip in found if flip.kind == kind]
        if not some:
            continue
        yield from ("", f"**{title}: {len(some):,} {'case' if len(some) == 1 else 'cases'}**", "")
        rows = (_flip(data, flip, quoted=quoted) for flip in some[:most])
        columns = ["Case", "Wrong now", "Right now", "Goes through"]
        columns += ["Right answer → answer", "Input"] if quoted else []
        yield from table(columns, rows)
        yield from left_out(len(some), most, "cases", where)


def _flip(data: ReportData, flip: Flip, *, quoted: bool) -> list[str]:
    cells = [
        literal(flip.id), _fields(flip.newly_wrong), _fields(flip.newly_right),
        "yes" if flip.proceeds else "no",
    ]  # fmt: skip
    if not quoted:
        return cells
    case = next(case for case in data.gold if case.id == flip.id)
    row = next(row for row in data.rows["candidate"] if row.id == flip.id)
    answer = row.prediction.object or {}
    said = [
        f"{literal(f)}: {_value((case.target or {}).get(f))} → {_value(answer.get(f))}"
        for f in flip.newly_wrong
    ]
    return [*cells, "<br>".join(said) or "–", literal(case.input, LONG_INPUT)]


def _value(value: object) -> str:
    return "(nothing)" if value is None else literal(plain_value(value), LONG)


def _fields(names: Sequence[str]) -> str:
    return ", ".join(map(literal, names)) or "–"
