"""Page and cards of a dossier: hostile texts stay texts, and other programs read the metadata."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.documents.page_reader import Page, read
from support.releases.whole_dossier import VERSION, Whole, sealed

from dslm.errors import ReleaseRefused
from dslm.provenance import digest_file, digest_json, write_atomic
from dslm.releasing.dossier.cards.croissant_card import CONTEXT
from dslm.releasing.dossier.dossier_verification import check_dossier

pytestmark = pytest.mark.slow
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--virtual-time-budget=3000", "--dump-dom")  # fmt: skip
BIDI = "\u202e\u2066\u200b"
HOSTILE = f'</script></style><img src="http://127.0.0.1:9/x" onerror="document.title=1">{BIDI}---\n'
LONG = "x" * 300
KEPT = ("id", "outcome", "status", "how", "name", "at", "action", "metric", "kind", "verdict")
NARROW = """<script>addEventListener("load", () => {
  document.title = `${document.documentElement.scrollWidth} of ${innerWidth}`;
})</script>"""


def plant(value: Any) -> Any:
    """Every text that nothing is looked up by, made hostile."""
    if isinstance(value, dict):
        return {key: one if key in KEPT or key.endswith("digest") else plant(one)
                for key, one in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [plant(one) for one in value]
    if isinstance(value, str) and not value.startswith(("sha256:", "https:", "{")):
        return f"{value}{HOSTILE}{LONG}"
    return value


@pytest.fixture
def hostile(dossier: Path) -> Path:
    """A dossier in which whoever could write a text wrote the worst."""
    for name in ("release/gate.json", "records/drill.json", "records/approvals.json",
                 "release/bom.json", "records/journal.json"):  # fmt: skip
        value = json.loads((dossier / name).read_text())
        if name == "release/gate.json":
            value["checks"] = [one | {"id": HOSTILE, "asked": HOSTILE, "seen": HOSTILE}
                               for one in value["checks"]]  # fmt: skip
        elif name == "records/journal.json":
            for one in value:
                one["entry"] |= {"reason": HOSTILE, "actor": HOSTILE}
                one |= {"texts_hidden": True, "signed_by": HOSTILE}
        else:
            value = plant(value)
        write_atomic(dossier / name, json.dumps(value))
    card = json.loads((dossier / "release/data-card.json").read_text())
    card |= {"summary": HOSTILE, "dropped": {HOSTILE: sum(card["dropped"].values())}}
    card["labels"] = [one | {"name": HOSTILE} for one in card["labels"]]
    write_atomic(dossier / "release/data-card.json", json.dumps(card))
    contract = (dossier / "release/workflow.yaml").read_text()
    text = json.dumps(HOSTILE)
    contract = contract.replace("A mail becomes an order, or nothing.", text)
    contract = contract.replace("written for tests", text).replace("Apache-2.0", text)
    write_atomic(dossier / "release/workflow.yaml", contract)
    with (dossier / "release/card.md").open("a") as stream:
        stream.write(HOSTILE)
    score = (dossier / "release/scorecard.json").read_text()
    score = score.replace('"de":', f"{json.dumps(HOSTILE)}:")
    write_atomic(dossier / "release/scorecard.json", score)
    return sealed(dossier)


def opened(path: Path, profile: Path, *flags: str) -> Page:
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", *flags, path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return read(done.stdout.strip())


def test_the_page_is_whole_static_and_names_what_decides(whole: Whole) -> None:
    page = read((whole.folder / "index.html").read_text())
    assert not page.all("script")
    assert not page.all("img")
    policy = next(one for one in page.all("meta") if "http-equiv" in one.attributes)
    assert "script-src 'none'" in policy.attributes["content"]
    assert page.all("title")[0].text == f"mini version {VERSION} · release dossier"
    ids = {one.attributes["id"] for one in page.elements if "id" in one.attributes}
    links = [one.attributes["href"] for one in page.all("a")]
    assert links
    assert {link[1:] for link in links} <= ids
    assert "fewer wrong numbers" in page.by_id("decisions").text
    assert "lost database" in page.by_id("decisions").text
    assert "MANAGE 2.4" in page.by_id("ai-rmf").text
    assert page.by_id("annex-iv").text.count("2(g)") == 1
    said = json.loads((whole.folder / "dossier.json").read_text())
    for one in said["frameworks"]:
        for status, count in one["counts"].items():
            assert f"{count} {status}" in page.by_id(one["framework"]).text


def test_hostile_texts_are_texts_in_every_file(hostile: Path) -> None:
    text = (hostile / "index.html").read_text()
    page = read(text)
    assert not page.all("img")
    assert not page.all("script")
    assert len(page.all("style")) == 1
    assert text.count("⟨U+202E⟩") > 20
    for name in ("index.html", "model-card.md", "croissant.json"):
        assert not set(BIDI) & set((hostile / name).read_text()), name
    head = (hostile / "model-card.md").read_text().split("---\n")[1]
    assert YAML(typ="safe").load(head)["base_model_relation"] == "adapter"
    assert json.loads((hostile / "croissant.json").read_text())["@type"] == "sc:Dataset"


def test_what_is_wrong_in_the_folder_is_refused_and_is_no_bug_of_ours(
    whole: Whole, dossier: Path
) -> None:
    for name in ("release/gate.json", "release/scorecard.json", "records/journal.json", "made.json",
                 "release/MANIFEST.json", "rows/candidate.jsonl", "release/workflow.yaml",
                 "dossier.json", "release/model.sig", "release/data-card.json"):  # fmt: skip
        for text in ("", "{}", "[]", "null", '{"a": 1, "a": 2}', "[" * 200, "\udcff"):
            write_atomic(dossier / name, text.encode(errors="surrogateescape"))
            files = json.loads((whole.folder / "MANIFEST.json").read_text())["files"]
            files[name] = digest_file(dossier / name)
            sealed_so = {"digest": digest_json(files), "files": files, "inputs": {}}
            write_atomic(dossier / "MANIFEST.json", json.dumps(sealed_so))
            with pytest.raises(ReleaseRefused):
                check_dossier(dossier)
        shutil.copyfile(whole.folder / name, dossier / name)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")
@pytest.mark.parametrize("width", ["500", "1280"])
def test_a_browser_draws_it_without_a_script_and_no_wider_than_its_window(
    hostile: Path, tmp_path: Path, width: str
) -> None:
    text = (hostile / "index.html").read_text()
    assert read(text).all("title")
    measured = tmp_path / "measured.html"
    bare = re.sub(r"<meta http-equiv[^>]*>", "", text)
    measured.write_text(bare.replace("</body>", NARROW + "</body>"))
    page = opened(measured, tmp_path / "profile", f"--window-size={width},900")
    found, window = page.all("title")[0].text.split(" of ")
    assert int(found) <= int(window)
    assert not page.all("img")


def test_the_data_card_is_croissant_of_counts_alone(whole: Whole) -> None:
    made = json.loads((whole.folder / "croissant.json").read_text())
    assert made["conformsTo"][0] == "http://mlcommons.org/croissant/1.1"
    assert made["@context"] == CONTEXT
    assert {
        "name",
        "description",
        "license",
        "url",
        "version",
        "distribution",
        "recordSet",
    } <= made.keys()
    terms = {key for key in made if not key.startswith("@")}
    known = set(CONTEXT) | {"license", "url", "version", "distribution"}
    assert {key for key in terms if not key.startswith("rai:")} <= known
    splits = next(one for one in made["recordSet"] if one["@id"] == "splits")
    assert {row["splits/name"] for row in splits["data"]} == {
        "train",
        "validation",
        "calibration",
        "gold",
    }
    for one in made["recordSet"]:
        fields = {field["@id"] for field in one["field"]}
        assert all(row.keys() == fields for row in one["data"])
    (file,) = made["distribution"]
    assert (whole.folder / file["contentUrl"]).is_file()


def test_the_model_card_has_metadata_that_the_hub_s_library_reads(whole: Whole) -> None:
    cards = pytest.importorskip("huggingface_hub.repocard_data")
    text = (whole.folder / "model-card.md").read_text()
    told = YAML(typ="safe").load(text.split("---\n")[1])
    assert told["base_model"] == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert told["base_model_relation"] == "adapter"
    name, results = cards.model_index_to_eval_results(told["model-index"])
    assert name == f"mini version {VERSION}"
    measured = {one.metric_type: one.metric_value for one in results}
    card = json.loads((whole.folder / "release/scorecard.json").read_text())
    metrics = card["models"]["candidate"]["metrics"]
    assert measured == {k: v["value"] for k, v in metrics.items() if v["value"] is not None}
    assert {one.dataset_revision for one in results} == {card["evidence"]["gold"]}
    assert "# mini" in text.split("---\n", 2)[2]
