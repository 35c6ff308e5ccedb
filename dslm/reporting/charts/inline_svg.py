"""Charts inside tables: bars and interval marks as SVG in percent of their cell's width.

Takes shares of a scale in [0, 1] and text; gives SVG markup. Called by the page's sections. They
stretch with their cell and hold no text but counts, so the numbers beside them stay readable at
any width; the table says in text all that a bar shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dslm.records import Metric

ROW = 12  # height of one bar
GAP = 3


@dataclass(frozen=True)
class Bar:
    """A bar of a chart: the model it is of, and a value with its interval."""

    model: str
    metric: Metric


def share(value: float) -> str:
    """A share of the width as an SVG length; what lies outside [0, 1] ends at the edge."""
    return f"{min(max(value, 0.0), 1.0) * 100:.2f}%"


def _whisker(metric: Metric, scale: float, middle: float) -> Markup:
    if metric.low is None or metric.high is None:
        return Markup("")
    low, high, y = share(metric.low / scale), share(metric.high / scale), f"{middle:g}"
    cap = f'y1="{middle - 3:g}" y2="{middle + 3:g}"'
    return Markup(
        f'<g class="whisker"><line x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>'
        f'<line x1="{low}" x2="{low}" {cap}/><line x1="{high}" x2="{high}" {cap}/></g>'
    )


def _frame(height: int, body: Markup, kind: str) -> Markup:
    return Markup('<svg class="{}" width="100%" height="{}" aria-hidden="true">{}</svg>').format(
        kind, height, body
    )


def bars(items: Sequence[Bar], scale: float) -> Markup:
    """Horizontal bars with 95 % whiskers, one a model, on a common scale from 0."""
    body = Markup("")
    for place, item in enumerate(items):
        top = place * (ROW + GAP)
        track = Markup('<rect class="track" x="0" y="{}" width="100%" height="{}" rx="2"/>')
        body += track.format(top, ROW)
        if item.metric.value is None:
            continue
        bar = Markup('<rect class="bar {}" x="0" y="{}" width="{}" height="{}" rx="2"/>')
        body += bar.format(item.model, top, share(item.metric.value / scale), ROW)
        body += _whisker(item.metric, scale, top + ROW / 2)
    return _frame(len(items) * (ROW + GAP) - GAP, body, "bars")


def dots(items: Sequence[Bar], scale: float) -> Markup:
    """A dot with its 95 % interval for each model, on one line from 0 to `scale`."""
    axis = Markup('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(ROW / 2 + 2)
    body = axis
    for item in reversed(items):  # the first is drawn last, on top
        if item.metric.value is None:
            continue
        dot = Markup('<circle cx="{}" cy="{}" r="4"/>')
        body += Markup('<g class="dot {}">{}{}</g>').format(
            item.model,
            _whisker(item.metric, scale, ROW / 2 + 2),
            dot.format(share(item.metric.value / scale), ROW / 2 + 2),
        )
    return _frame(ROW + 4, body, "dots")


def stacked(parts: Sequence[tuple[str, int]]) -> Markup:
    """One bar of the whole width, cut into named counts; wide parts bear their number."""
    total = sum(count for _, count in parts)
    body, before = Markup(""), 0
    for name, count in parts:
        if not count:
            continue
        start, width = before / total, count / total
        body += Markup('<rect class="{}" x="{}" y="0" width="{}" height="24"/>').format(
            name, share(start), share(width)
        )
        if width >= 0.1:
            label = Markup('<text class="on-{}" x="{}" y="16" text-anchor="middle">{:,}</text>')
            body += label.format(name, share(start + width / 2), count)
        before += count
    return _frame(24, body, "stacked")
