"""The risk-coverage curve as one SVG: candidate, base, the contract's bound, the threshold.

Takes points of the curve; gives SVG. Called by the report's page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dslm.contract.answers.risk_coverage import Point
from dslm.records import Metric
from dslm.reporting.formatting import rate


def at_threshold(points: Iterable[Point], threshold: float) -> Point | None:
    """The last point whose answers all reach the threshold, None where none does."""
    reached = [point for point in points if point.confidence >= threshold]
    return reached[-1] if reached else None


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """At most about `most` points, evenly spread in coverage, first and last kept.

    A curve of two thousand points draws no more than one of some hundred.
    """
    if len(points) <= most:
        return list(points)
    step = (len(points) - 1) / (most - 1)
    return [points[round(i * step)] for i in range(most)]


WIDTH, HEIGHT = 880, 360
LEFT, RIGHT, TOP, BOTTOM = 72, 12, 40, 64
MOST_POINTS = 240


@dataclass(frozen=True)
class Curve:
    """What the chart shows.

    `operating` is the point the threshold leads to, `risk` the scorecard's selective risk there.
    """

    candidate: Sequence[Point]
    base: Sequence[Point]
    bound: float
    operating: Point | None
    risk: Metric | None


def nice_ceiling(value: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten: a scale's end that reads well; at most 1."""
    if value <= 0:
        return 0.01
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    steps = (1, 2, 2.5, 5, 10)
    return float(min(1.0, next(s * power for s in steps if s * power >= value * (1 - 1e-9))))


def top_of_scale(curve: Curve) -> float:
    """The highest risk shown: what the candidate and the bound need; the base may leave it."""
    steady = [p.risk for p in curve.candidate if p.coverage >= 0.1]
    high = curve.risk.high if curve.risk and curve.risk.high is not None else 0.0
    return nice_ceiling(max([*steady, high, curve.bound * 1.6]))


def _x(coverage: float) -> float:
    return LEFT + coverage * (WIDTH - LEFT - RIGHT)


def _y(risk: float, top: float) -> float:
    return HEIGHT - BOTTOM - risk / top * (HEIGHT - TOP - BOTTOM)


def _axes(top: float) -> Markup:
    body = Markup("")
    for step in range(5):
        risk = top * step / 4
        y = _y(risk, top)
        body += Markup(
            '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
            '<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{:g}\u00a0%</text>'
        ).format(LEFT, WIDTH - RIGHT, y, y, LEFT - 8, y + 4, round(risk * 100, 4))
    for step in range(6):
        tick = Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="{}">{}\u00a0%</text>')
        anchor = "end" if step == 5 else "middle"
        body += tick.format(_x(step / 5), HEIGHT - BOTTOM + 24, anchor, step * 20)
    return body + Markup(
        '<text class="label" x="{}" y="{}" text-anchor="end">Share of all cases that proceed →'
        '</text><text class="label" x="0" y="20">↑ Share of wrong among them</text>'
    ).format(WIDTH - RIGHT, HEIGHT - 10)


def _line(points: Sequence[Point], model: str, top: float) -> Markup:
    if not points:
        return Markup("")
    drawn = thinned(points, MOST_POINTS)
    path = "L".join(f"{_x(p.coverage):.1f} {_y(p.risk, top):.1f}" for p in drawn)
    return Markup('<path class="curve {}" d="M{}" clip-path="url(#plot)"/>').format(model, path)


def _bound(bound: float, top: float) -> Markup:
    y = _y(bound, top)
    return Markup(
        '<line class="bound" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
        '<text class="mark" x="{}" y="{:.1f}" text-anchor="end">bound {}</text>'
    ).format(LEFT, WIDTH - RIGHT, y, y, WIDTH - RIGHT - 4, y - 6, rate(bound))


def _operating(curve: Curve, top: float) -> Markup:
    point = curve.operating
    if point is None:
        return Markup("")
    x, y = _x(point.coverage), _y(point.risk, top)
    body = Markup('<line class="threshold" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>').format(
        x, TOP, HEIGHT - BOTTOM
    )
    if curve.risk is not None and curve.risk.low is not None and curve.risk.high is not None:
        body += Markup(
            '<line class="interval" x1="{0:.1f}" x2="{0:.1f}" y1="{1:.1f}" y2="{2:.1f}"/>'
        ).format(x, _y(curve.risk.low, top), _y(curve.risk.high, top))
    anchor, shift = ("end", -8) if point.coverage > 0.5 else ("start", 8)
    return body + Markup(
        '<circle class="operating" cx="{:.1f}" cy="{:.1f}" r="5"/>'
        '<text class="mark" x="{:.1f}" y="{}" text-anchor="{}">threshold</text>'
    ).format(x, y, x + shift, TOP + 12, anchor)


def describe(curve: Curve) -> str:
    """The chart in words."""
    if not curve.candidate:
        return "No answer of the candidate may proceed at any threshold."
    last = curve.candidate[-1]
    said = (
        f"If every answer that may proceed did, coverage would be {rate(last.coverage)} at a "
        f"selective risk of {rate(last.risk)}."
    )
    if curve.operating is None:
        return f"{said} At the threshold nothing proceeds."
    here = curve.operating
    return (
        f"{said} At the threshold it is {rate(here.coverage)} at {rate(here.risk)}; "
        f"the contract's bound is {rate(curve.bound)}."
    )


def curve_svg(curve: Curve) -> Markup:
    """The chart, named and described for those who do not see it."""
    top = top_of_scale(curve)
    clip = Markup(
        '<clipPath id="plot"><rect x="{}" y="{}" width="{}" height="{}"/></clipPath>'
    ).format(LEFT, TOP - 3, WIDTH - LEFT - RIGHT + 3, HEIGHT - TOP - BOTTOM + 6)
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" '
        'aria-labelledby="curve-title curve-desc">'
        '<title id="curve-title">Risk against coverage</title><desc id="curve-desc">{}</desc>'
        "{}{}{}{}{}{}</svg>"
    ).format(
        WIDTH, HEIGHT, describe(curve), clip, _axes(top), _bound(curve.bound, top),
        _line(curve.base, "base", top), _line(curve.candidate, "candidate", top),
        _operating(curve, top),
    )  # fmt: skip
