"""The pages in a real browser: they draw, only our script runs, nothing is loaded."""

from __future__ import annotations

import html
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.curation.sample_chats import make_chats, make_chats_card
from support.curation.sample_data_card import make_card
from support.documents.page_reader import Page, read
from support.repositories.sample_run import CONTRACT, make_run

from dslm.records import Case
from dslm.reporting.data_card.data_card_page import render_card
from dslm.reporting.run_report.report import render

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--virtual-time-budget=5000", "--enable-logging=stderr",
)  # fmt: skip
DARK = "--blink-settings=preferredColorScheme=0"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
]
ELSEWHERE = "http://127.0.0.1:18099/x"
HOSTILE = f'</script><img src="{ELSEWHERE}" onerror="document.title=\'owned\'">\u202e'


def browse(path: Path, profile: Path, *flags: str) -> tuple[str, str]:
    """What Chromium printed and what it logged."""
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", *flags, path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, done.stderr


def opened(path: Path, profile: Path, *flags: str) -> tuple[Page, str]:
    """The page after its script ran, and the log."""
    dom, log = browse(path, profile, "--dump-dom", *flags)
    return read(dom.strip()), log


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(make_run(120)))
    return path


@pytest.fixture(scope="module", params=["report", "data card"])
def either_page(
    request: pytest.FixtureRequest, page_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Each of the two pages."""
    if request.param == "report":
        return page_file
    path = tmp_path_factory.mktemp("card") / "data-card.html"
    path.write_text(render_card(make_card()))
    return path


@pytest.fixture
def proxy() -> Iterator[tuple[int, list[str]]]:
    """A proxy that answers nothing and remembers what it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            asked.append(self.rfile.readline().decode(errors="replace"))
            self.close_connection = True

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1], asked
        server.shutdown()
        thread.join()


def test_the_table_of_all_cases_is_inflated_and_nothing_is_blocked(
    page_file: Path, tmp_path: Path
) -> None:
    page, log = opened(page_file, tmp_path)
    assert page.by_id("f-count").text == "120 of 120 cases"
    assert "hidden" not in page.by_id("browser").attributes
    assert "hidden" in page.by_id("no-browser").attributes
    assert page.by_id("f-rows").text.count("gold-") == 50
    assert "Content Security Policy" not in log
    assert "Uncaught" not in log


def test_where_scripts_are_stripped_the_page_says_where_the_rows_are(
    page_file: Path, tmp_path: Path
) -> None:
    stripped = tmp_path / "stripped.html"
    stripped.write_text(re.sub(r"<script.*?</script>", "", page_file.read_text(), flags=re.DOTALL))
    page, _ = opened(stripped, tmp_path / "profile")
    assert "hidden" in page.by_id("browser").attributes
    assert "hidden" not in page.by_id("no-browser").attributes
    assert "rows.jsonl" in page.by_id("no-browser").text
    assert "gold-" in page.by_id("worst").text


DRIVER = """<script>setTimeout(() => {
  const kind = document.getElementById("f-kind");
  kind.value = "held_back";
  kind.dispatchEvent(new Event("input"));
  document.querySelector("[data-sort=confidence] button").click();
  document.querySelector("[data-sort=confidence] button").click();
  document.querySelector("#f-rows button").click();
}, 1000)</script>"""


def test_cases_can_be_filtered_sorted_and_unfolded(page_file: Path, tmp_path: Path) -> None:
    driven, run = tmp_path / "driven.html", make_run(120)
    bare = re.sub(r"<meta http-equiv[^>]*>", "", page_file.read_text())
    driven.write_text(bare.replace("</body>", DRIVER + "</body>"))
    page, _ = opened(driven, tmp_path / "profile")
    held = [row for row in run.rows["candidate"] if row.outcome.kind == "held_back"]
    least = min(held, key=lambda row: row.prediction.confidence)
    assert page.by_id("f-count").text == f"{len(held)} of 120 cases"
    sorted_by = next(e for e in page.all("th") if "aria-sort" in e.attributes)
    assert sorted_by.attributes["data-sort"] == "confidence"
    assert sorted_by.attributes["aria-sort"] == "ascending"
    rows = [e for e in page.all("tr") if "tbody" in e.parents]
    place = next(i for i, e in enumerate(rows) if e.attributes.get("class") == "unfolded")
    assert least.id in rows[place - 1].text
    case = next(case for case in run.gold if case.id == least.id)
    assert case.input in rows[place].text


def test_no_request_leaves_the_page(
    either_page: Path, tmp_path: Path, proxy: tuple[int, list[str]]
) -> None:
    port, asked = proxy
    flags = (f"--proxy-server=http://127.0.0.1:{port}", "--proxy-bypass-list=<-loopback>")
    _, log = opened(either_page, tmp_path, *flags)
    assert "Content Security Policy" not in log
    # Chromium itself may look for its maker; nothing of the page may be asked for.
    ours = [line for line in asked if not any(h in line for h in ("google", "gvt1", "gstatic"))]
    assert ours == []


@pytest.mark.parametrize("guarded", [True, False])
def test_the_policy_and_not_luck_keeps_foreign_content_out(
    either_page: Path, tmp_path: Path, proxy: tuple[int, list[str]], guarded: bool
) -> None:
    text = either_page.read_text().replace("</main>", f'<img src="{ELSEWHERE}"></main>')
    planted = tmp_path / "planted.html"
    planted.write_text(text if guarded else re.sub(r"<meta http-equiv[^>]*>", "", text))
    port, asked = proxy
    flags = (f"--proxy-server=http://127.0.0.1:{port}", "--proxy-bypass-list=<-loopback>")
    opened(planted, tmp_path / "profile", *flags)
    assert any(ELSEWHERE in line for line in asked) is not guarded


def test_hostile_text_neither_runs_nor_loads(tmp_path: Path, proxy: tuple[int, list[str]]) -> None:
    target = {"kind": "other"} | dict.fromkeys(CONTRACT.fields[1:], HOSTILE)
    cases = [
        Case(
            id=f"{i}{HOSTILE}",
            input=HOSTILE,
            target=target,
            meta={"language": HOSTILE, "channel": "a"},
        )
        for i in range(20)
    ]
    path = tmp_path / "hostile.html"
    path.write_text(render(make_run(gold=cases)))
    port, asked = proxy
    flags = (f"--proxy-server=http://127.0.0.1:{port}", "--proxy-bypass-list=<-loopback>")
    page, _ = opened(path, tmp_path / "profile", *flags)
    assert "owned" not in page.all("title")[0].text
    assert not page.all("img")
    assert page.by_id("f-count").text == "20 of 20 cases"
    assert not [line for line in asked if ELSEWHERE in line]


def test_light_and_dark_are_drawn_and_differ(either_page: Path, tmp_path: Path) -> None:
    shots = {}
    for name, flags in {"light": (), "dark": (DARK,)}.items():
        shot = tmp_path / f"{name}.png"
        browse(
            either_page, tmp_path / name, f"--screenshot={shot}", "--window-size=1280,1600", *flags
        )
        shots[name] = shot.read_bytes()
    assert all(data.startswith(b"\x89PNG") and len(data) > 50_000 for data in shots.values())
    assert shots["light"] != shots["dark"]


# In a frame, since no window is as narrow as a telephone. What stands out of it, what scrolls and
# cannot be reached by the keyboard, what has no name, and how chats are laid out.
FRAME = """<!doctype html><title>frame</title><iframe id="frame" width="{width}" height="900"
srcdoc="{page}"></iframe><pre id="told"></pre><script>setTimeout(() => {{
  const page = document.getElementById("frame").contentDocument, root = page.documentElement;
  page.querySelector("#f-rows button")?.click();
  const all = [...page.querySelectorAll("*")], own = (e) => getComputedStyle(e);
  const wide = all.filter((e) => e.scrollWidth > e.clientWidth + 1 && own(e).overflowX === "auto");
  document.getElementById("told").textContent = JSON.stringify({{
    sideways: root.scrollWidth - root.clientWidth,
    unreached: wide.filter((e) => e.tabIndex < 0 && !e.querySelector("a, button")).length,
    scrolled: wide.length,
    unnamed: [...page.querySelectorAll(".scroll")].filter((e) => !e.ariaLabel).length,
    jumps: all.filter((e) => e.tabIndex > 0).length,
    narrow: [...page.querySelectorAll("tbody th, .case-body td bdi")].filter((e) =>
      e.textContent.length > 30 && e.getClientRects().length && e.clientWidth < 60
      && own(e).display !== "inline").length,
    bidi: [...new Set([...page.querySelectorAll(".case pre")].map((e) => own(e).unicodeBidi))],
    unfolded: page.querySelectorAll(".unfolded").length,
    headings: page.querySelectorAll("h1").length,
  }});
}}, 2500)</script>"""


@pytest.fixture(scope="module", params=["report", "data card"])
def chats_page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Pages of long labels, nested answers and three directions and scripts."""
    if request.param == "report":
        return render(make_chats())
    return render_card(make_chats_card(tmp_path_factory.mktemp("chats")))


@pytest.mark.parametrize("width", [1280, 390])
def test_long_labels_nested_answers_and_other_scripts_are_laid_out_and_reached(
    chats_page: str, tmp_path: Path, width: int
) -> None:
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.format(width=width, page=html.escape(chats_page)))
    told = json.loads(opened(frame, tmp_path / "profile")[0].by_id("told").text)
    assert told["sideways"] == 0
    assert (told["unreached"], told["unnamed"], told["jumps"], told["narrow"]) == (0, 0, 0, 0)
    assert told["headings"] == 1
    assert told["scrolled"] == 0 or width == 390
    if 'id="f-rows"' in chats_page:
        assert (told["unfolded"], told["bidi"]) == (1, ["plaintext"])
