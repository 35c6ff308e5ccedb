"""The power curve as one SVG: how likely a true loss passes the margin on this gold set.

Takes a `Curve`; gives SVG markup with a title and a description in words. Called by the page.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from dslm.gating.gate_explanation import Curve
from dslm.reporting.formatting import rate
from dslm.reporting.gate_explanation_lines import curve_sentence

WIDTH, HEIGHT = 880, 300
LEFT, RIGHT, TOP, BOTTOM = 72, 12, 40, 64


def _y(chance: float) -> float:
    return HEIGHT - BOTTOM - chance * (HEIGHT - TOP - BOTTOM)


def _x(loss: float, most: float) -> float:
    return LEFT + loss / most * (WIDTH - LEFT - RIGHT)


def _axes(most: float) -> Markup:
    body = Markup("")
    for step in range(5):
        body += Markup(
            '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
            '<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}\u00a0%</text>'
        ).format(LEFT, WIDTH - RIGHT, _y(step / 4), _y(step / 4), LEFT - 8, _y(step / 4) + 4,
                 step * 25)  # fmt: skip
        anchor = "end" if step == 4 else "middle"
        tick = Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="{}">{}</text>')
        loss = most * step / 4
        body += tick.format(_x(loss, most), HEIGHT - BOTTOM + 24, anchor, rate(loss))
    return body + Markup(
        '<text class="label" x="{}" y="{}" text-anchor="end">True loss against the champion →'
        '</text><text class="label" x="0" y="20">↑ Chance to pass</text>'
    ).format(WIDTH - RIGHT, HEIGHT - 10)


def _line(points: Sequence[tuple[float, float]], most: float, name: str) -> Markup:
    path = "L".join(f"{_x(loss, most):.1f} {_y(chance):.1f}" for loss, chance in points)
    return Markup('<path class="curve {}" d="M{}"/>').format(name, path)


def _margin(curve: Curve, most: float) -> Markup:
    x = _x(curve.margin, most)
    return Markup(
        '<line class="threshold" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>'
        '<text class="mark" x="{3:.1f}" y="{4}" text-anchor="end">margin {5}</text>'
    ).format(x, TOP, HEIGHT - BOTTOM, x - 8, TOP + 12, rate(curve.margin))


def _allowed(alpha: float) -> Markup:
    y = _y(alpha)
    return Markup('<line class="bound" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
        LEFT, WIDTH - RIGHT, y, y
    )


def power_svg(curve: Curve, alpha: float) -> Markup:
    """The chart, named and described for those who do not see it."""
    most = curve.points[-1].loss
    alone = [(p.loss, p.chance) for p in curve.points]
    whole = [(p.loss, p.together) for p in curve.points if p.together is not None]
    named = f"power-{curve.id}"
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-desc">'
        '<title id="{}-title">Chance to pass {}</title><desc id="{}-desc">{}</desc>{}{}{}{}{}</svg>'
    ).format(
        WIDTH, HEIGHT, named, named, named, curve.id, named, curve_sentence(curve), _axes(most),
        _allowed(alpha), _margin(curve, most), _line(alone, most, "candidate"),
        _line(whole, most, "base") if whole else Markup(""),
    )  # fmt: skip
