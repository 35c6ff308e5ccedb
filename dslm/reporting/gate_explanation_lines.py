"""What the gate asks, for the terminal: why each check is there, and what this gold set can tell.

Takes an `Explained`; gives rich renderables. Called by `dslm gate explain`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dslm.gating.gate_explanation import Curve, Explained, ExplainedCheck
from dslm.gating.power.power_curve import PowerPoint
from dslm.reporting.display_names import metric_name
from dslm.reporting.formatting import rate, visible

if TYPE_CHECKING:
    from rich.console import RenderableType

CAN = {True: "yes", False: "no", None: "once there are scores"}


def size_sentence(found: Explained) -> str:
    """How large gold is, in cases and groups, and what counts as one observation."""
    if found.groups == found.cases:
        return f"{found.cases:,} gold cases, each independent of the others"
    return (
        f"{found.cases:,} gold cases in {found.groups:,} groups ({found.group_by}), "
        f"{found.largest_group:,} in the largest; cases of one group may all be right or wrong "
        "together, so "
        "the group is the unit of chance"
    )


def _drawn(title: str, columns: list[str], rows: list[list[str]]) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    return table


def _sees(check: ExplainedCheck) -> list[str]:
    needed = f"{check.needed_cases:,}" if check.needed_cases else "–"
    if check.needed_groups not in (None, check.needed_cases):
        needed += f" in {check.needed_groups:,} groups"
    return [check.id, CAN[check.enough], check.can, needed]


def curve_sentence(curve: Curve) -> str:
    """One curve in words: how often an equal model passes, and one that lost the margin."""
    equal = curve.points[0]
    lost = min(curve.points, key=lambda point: abs(point.loss - curve.margin))
    text = f"A model as good as the champion passes {curve.id} in {rate(equal.chance)} of all runs"
    if equal.together is not None:
        text += f" ({rate(equal.together)} if whole groups are right or wrong together)"
    return f"{text}; a model that is truly {rate(lost.loss)} worse passes in {rate(_most(lost))}."


def _most(point: PowerPoint) -> float:
    return point.chance if point.together is None else max(point.chance, point.together)


def _curve(curve: Curve) -> RenderableType:
    grouped = curve.points[0].together is not None
    rows = [
        [rate(p.loss), rate(p.chance), *([rate(p.together)] if grouped else [])]
        for p in curve.points
    ]
    columns = ["true loss", "chance to pass", *(["if whole groups go together"] if grouped else [])]
    title = f"{curve.id}: {metric_name(curve.metric).label}, margin {rate(curve.margin)}"
    return _drawn(title, columns, rows)


def lines(found: Explained) -> list[RenderableType]:
    """What is asked and why, what this gold set can tell, and how likely a loss passes."""
    asked = [[c.id, visible(c.means) or "–", c.asked] for c in found.checks]
    assumed = (
        f"Assumed: two equally good models differ on {rate(found.discordance)} of the cases; "
        f"at most {rate(found.level)} of candidates that are worse by a margin pass it at the "
        f"first look at this gold set, {rate(found.alpha)} over all looks."
    )
    return [
        _drawn(f"{found.workflow}: what is required, and why", ["check", "why", "required"], asked),
        f"What this gold set can show, with {size_sentence(found)}:",
        _drawn("", ["check", "enough", "this gold set", "cases needed"],
               [_sees(c) for c in found.checks]),
        *(_curve(curve) for curve in found.curves),
        *(curve_sentence(curve) for curve in found.curves),
        assumed,
    ]  # fmt: skip
