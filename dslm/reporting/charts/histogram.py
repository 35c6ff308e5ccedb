"""Histograms of lengths, one a part, on scales that all parts share.

Takes a data card; gives SVG markup with a title and a description in words. Called by
`data_card_page`. Columns are shares of the part's cases, so that a small part can be laid beside a
large one.
"""

from __future__ import annotations

from markupsafe import Markup

from dslm.data_card import DataCard, Part
from dslm.reporting.charts.risk_coverage_chart import nice_ceiling
from dslm.reporting.formatting import rate

WIDTH, HEIGHT = 320, 150
LEFT, RIGHT, TOP, BOTTOM = 46, 18, 10, 22
GAP = 1.5


def top_of_scale(card: DataCard) -> float:
    """The highest share of any bin, up to the next round number."""
    return nice_ceiling(
        max((max(part.bins) / part.cases for part in card.parts.values() if part.cases), default=0)
    )


def describe(part: Part) -> str:
    """The histogram in words."""
    if part.length is None:
        return "No cases."
    length = part.length
    return (
        f"{length.least:,} to {length.most:,} characters; half of the inputs have "
        f"{length.p25:,} to {length.p75:,}, the middle one {length.median:,}."
    )


def _columns(part: Part, top: float) -> Markup:
    width = (WIDTH - LEFT - RIGHT) / len(part.bins)
    body = Markup("")
    for place, count in enumerate(part.bins):
        if not count:
            continue
        height = max(1.0, count / part.cases / top * (HEIGHT - TOP - BOTTOM))
        body += Markup(
            '<rect class="column" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
        ).format(LEFT + place * width, HEIGHT - BOTTOM - height, max(width - GAP, 1.0), height)
    return body


def _axes(edges: tuple[int, ...], top: float) -> Markup:
    body = Markup("")
    for share in (0.0, 0.5, 1.0):
        y = HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
        body += Markup(
            '<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
            '<text x="{}" y="{:.1f}" text-anchor="end">{:g}\u00a0%</text>'
        ).format(LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4, round(top * share * 100, 4))
    width = (WIDTH - LEFT - RIGHT) / len(edges)
    for place in sorted({0, (len(edges) - 1) // 2, len(edges) - 1}):
        more = "+" if place == len(edges) - 1 else ""
        body += Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{:,}{}</text>').format(
            LEFT + place * width, HEIGHT - 4, edges[place], more
        )
    return body


def histogram(card: DataCard, name: str, label: str, top: float) -> Markup:
    """Input lengths of one part, named and described for those who do not see it."""
    part = card.parts[name]
    return Markup(
        '<svg class="histogram {0}" viewBox="0 0 {1} {2}" role="img" '
        'aria-labelledby="length-{0}-title length-{0}-desc">'
        '<title id="length-{0}-title">Input lengths: {3}</title>'
        '<desc id="length-{0}-desc">{4} The highest column is {5} of them.</desc>{6}{7}</svg>'
    ).format(
        name, WIDTH, HEIGHT, label, describe(part),
        rate(max(part.bins) / part.cases if part.cases else None),
        _axes(card.edges, top), _columns(part, top),
    )  # fmt: skip
