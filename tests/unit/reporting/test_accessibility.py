from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from support.documents.page_reader import read

import dslm.reporting

CSS = (Path(dslm.reporting.__file__).parent / "templates" / "report.css").read_text()
TEXT_ON = [
    ("ink", "page"), ("ink", "surface"), ("ink", "sunken"), ("ink", "fail-soft"),
    ("muted", "page"), ("muted", "surface"), ("muted", "fail-soft"), ("link", "surface"),
    ("ink", "pass-soft"), ("ink", "open-soft"), ("pass", "pass-soft"), ("fail", "fail-soft"),
    ("open", "open-soft"), ("pass", "surface"), ("fail", "surface"), ("open", "surface"),
    ("on-held", "base"), ("on-good", "good"), ("on-kept", "kept"), ("on-held", "held"),
    ("on-bad", "bad"),
    ("on-train", "train"), ("on-validation", "validation"), ("on-calibration", "calibration"),
]  # fmt: skip


def colours(scheme: str) -> dict[str, str]:
    light, dark = CSS.split("@media (prefers-color-scheme: dark)", 1)
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    if scheme == "dark":
        changed = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark.split("* {", 1)[0]))
        assert set(changed) == set(found), "a colour is defined in one scheme only"
        found |= changed
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_has_contrast_aa(scheme: str, text: str, ground: str) -> None:
    found = colours(scheme)
    assert contrast(found[text], found[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "mark",
    [
        "candidate",
        "base",
        "champion",
        "good",
        "kept",
        "bad",
        "focus",
        "train",
        "validation",
        "calibration",
        "gold",
    ],
)
def test_marks_of_charts_have_contrast_for_graphics(scheme: str, mark: str) -> None:
    found = colours(scheme)
    assert contrast(found[mark], found["surface"]) >= 3.0


def test_every_colour_is_a_property() -> None:
    rules = re.sub(r"--[\w-]+: #[0-9a-f]{6}", "", CSS)
    assert not re.search(r"#[0-9a-f]{3,8}\b(?![\w-]*\s*[{,>])", rules)


def test_motion_focus_and_print_are_cared_for() -> None:
    for needed in ("prefers-reduced-motion", ":focus-visible", "@media print", "forced-colors"):
        assert needed in CSS


@pytest.fixture(params=["html", "card_html"])
def page_html(request: pytest.FixtureRequest) -> str:
    """Each of the two pages."""
    text: str = request.getfixturevalue(request.param)
    return text


def test_headings_descend_one_level_at_a_time(page_html: str) -> None:
    levels = [int(e.tag[1]) for e in read(page_html).elements if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_landmarks_language_and_a_way_past_the_navigation(page_html: str) -> None:
    page = read(page_html)
    assert page.all("html")[0].attributes["lang"] == "en"
    assert all(len(page.all(tag)) == 1 for tag in ("header", "nav", "main", "footer"))
    first = page.all("a")[0].attributes["href"]
    assert page.by_id(first.removeprefix("#")).tag == "main"
    for link in page.all("a"):
        page.by_id(link.attributes["href"].removeprefix("#"))


def test_every_table_has_a_caption_and_every_header_a_scope(page_html: str) -> None:
    page = read(page_html)
    assert len(page.all("caption")) == len(page.all("table")) > 9
    assert all(th.attributes["scope"] in ("row", "col") for th in page.all("th"))


def test_charts_are_named_or_repeat_what_their_table_says(html: str) -> None:
    charts = page_charts = read(html).all("svg")
    named = [c for c in charts if c.attributes.get("role") == "img"]
    assert len(named) == 1
    assert named[0].attributes["aria-labelledby"] == "curve-title curve-desc"
    assert all(c.attributes.get("aria-hidden") == "true" for c in page_charts if c not in named)


def test_the_histograms_are_named_and_described_and_other_charts_repeat_their_table(
    card_html: str,
) -> None:
    page = read(card_html)
    named = [chart for chart in page.all("svg") if chart.attributes.get("role") == "img"]
    assert len(named) == 4
    for chart in named:
        title, words = chart.attributes["aria-labelledby"].split()
        assert "Input lengths" in page.by_id(title).text
        assert "10 to 81 characters" in page.by_id(words).text
    others = [chart for chart in page.all("svg") if chart not in named]
    assert len(others) > 5
    assert all(chart.attributes.get("aria-hidden") == "true" for chart in others)


def test_ids_are_unique(page_html: str) -> None:
    ids = [e.attributes["id"] for e in read(page_html).elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))


def test_every_control_has_a_label(html: str) -> None:
    page = read(html)
    for tag in ("input", "select"):
        assert page.all(tag)
        assert all("label" in control.parents for control in page.all(tag))
