from __future__ import annotations

import json
import platform
import sys
from itertools import pairwise

import pytest
from support.curation.sample_data_card import make_card
from support.repositories.finished_run import GOLD

from dslm import evidence
from dslm.cases import read_record, write_records
from dslm.data_card import read_data_card
from dslm.errors import InputError, ReleaseRefused
from dslm.gating.changes.earlier_policies import keep_asked
from dslm.provenance import write_atomic, write_manifest
from dslm.records import Metric, Verdict
from dslm.releasing.package.model_card import cell, interval
from dslm.releasing.package.release_package import allowed, package
from dslm.releasing.verification.release_verification import checked_files
from dslm.settings.gate_policy import Bound, load_policy


@pytest.fixture
def folder(bare, tmp_path):
    return package(bare.ws, tmp_path / "staged", evidence.current(bare.ws))


@pytest.mark.slow
def test_a_release_holds_exactly_these_files(folder) -> None:
    names = sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())
    assert names == [
        "MANIFEST.json", "MLmodel", "adapter/MANIFEST.json", "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors", "adapter/training.json", "bom.json",
        "calibration.json", "card.md", "evidence.json", "gate.json", "gate.md", "recipe.yaml",
        "recorded.jsonl", "requirements.txt", "rows/base.jsonl", "rows/base_calibration.jsonl",
        "rows/calibration.jsonl", "rows/candidate.jsonl", "scorecard.json", "smoke.json",
        "terms.json", "workflow.yaml",
    ]  # fmt: skip


def test_the_words_of_a_release_s_verdict_are_made_of_the_verdict_itself(bare, tmp_path) -> None:
    said = (bare.ws.results / "gate.md").read_text()
    assert "mini: PASS" in said
    write_atomic(bare.ws.results / "gate.md", "Better than ever, in everything.\n")
    folder = package(bare.ws, tmp_path / "worded", evidence.current(bare.ws))
    assert (folder / "gate.md").read_text() == said
    policy = load_policy(bare.ws.policy)
    check = next(one for one in policy.checks if isinstance(one, Bound))
    stricter = check.model_copy(update={"at_least": 0.9999})
    checks = [stricter if one is check else one for one in policy.checks]
    asked = policy.model_copy(update={"checks": checks})
    verdict = read_record(bare.ws.results / "gate.json", Verdict, missing="x", fix="x")
    keep_asked(bare.ws.looks, verdict.model_copy(update={"status": "FAIL"}), asked)
    folder = package(bare.ws, tmp_path / "loosened", evidence.current(bare.ws))
    assert f"checks.{check.id}.at_least: 0.9999" in (folder / "gate.md").read_text()


def test_the_registry_gets_no_personal_data_of_the_gold_case_that_a_release_answers(
    bare, tmp_path, monkeypatch
) -> None:
    ws, now = bare.ws, evidence.current(bare.ws)
    personal = "  personal: {mode: surrogate, kinds: [email], fields: {target.number: id}}\n"
    ws.contract.write_text(ws.contract.read_text() + personal)
    for key in ("", "a secret of thirty-two characters"):
        monkeypatch.setenv("DSLM_PERSONAL_KEY", key)
        folder = package(ws, tmp_path / f"staged {bool(key)}", now)
        asked = json.loads((folder / "smoke.json").read_bytes())
        assert asked == {"id": "g-005", "input": GOLD[4].input, "as_gold": True}
    orders = [case for case in GOLD if "order" in case.input]  # none without an id
    write_records(ws.gold, orders)
    folder = package(ws, tmp_path / "orders", now)
    asked = json.loads((folder / "smoke.json").read_bytes())
    assert asked == {"id": "g-001", "input": "Please send order [id].", "as_gold": False}
    card = (folder / "card.md").read_text()
    assert "Fields that the contract calls personal: `target.number` (id)." in card
    assert "their values were replaced by invented values of the same form" in card
    assert "values that are replaced elsewhere stand there as they are." in card
    assert "one without personal values, or with their kinds in brackets" in card
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    with pytest.raises(ReleaseRefused, match="phonenumbers is not installed"):
        package(ws, tmp_path / "none", now)


@pytest.fixture
def with_data_card(bare, tmp_path):
    now = evidence.current(bare.ws)
    card = make_card(digests={key: now[key] for key in ("data", "gold")})
    write_atomic(bare.ws.data_card, card.to_json())
    return package(bare.ws, tmp_path / "told", now)


@pytest.mark.slow
def test_the_data_card_goes_along_and_the_model_card_tells_of_it(with_data_card) -> None:
    assert checked_files(with_data_card)["gold"].startswith("sha256:")
    assert read_data_card(with_data_card / "data-card.json", "mini").kept == 90
    card = (with_data_card / "card.md").read_text()
    assert "Of 100 rows, 90 were kept, 8 dropped with a reason and 2 rejected." in card
    assert "| train | 60 | 30 | 31 (12 to 55) |" in card
    assert "| leak_near | 3 |" in card
    assert "decides a loss of 8.8 points" in card


@pytest.mark.slow
@pytest.mark.parametrize("key", ["data", "gold"])
def test_a_data_card_of_other_data_is_refused(bare, tmp_path, key) -> None:
    now = evidence.current(bare.ws)
    told = {name: now[name] for name in ("data", "gold")} | {key: "sha256:0"}
    write_atomic(bare.ws.data_card, make_card(digests=told).to_json())
    with pytest.raises(ReleaseRefused, match=f"the data card is outdated evidence: {key} changed"):
        package(bare.ws, tmp_path / "staged", now)


@pytest.mark.slow
def test_a_cut_data_card_is_refused(bare, tmp_path) -> None:
    write_atomic(bare.ws.data_card, "{")
    with pytest.raises(ReleaseRefused, match=r"data-card\.json"):
        package(bare.ws, tmp_path / "staged", evidence.current(bare.ws))


@pytest.mark.slow
def test_packaging_twice_gives_the_same_bytes(bare, folder, tmp_path) -> None:
    again = package(bare.ws, tmp_path / "again", evidence.current(bare.ws))
    assert (again / "MANIFEST.json").read_bytes() == (folder / "MANIFEST.json").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["training_args.bin", "optimizer.pt", "x.pkl", "run.py", ".x.txt"])
def test_a_file_that_can_carry_code_is_refused(bare, tmp_path, name) -> None:
    (bare.ws.adapter / name).write_bytes(b"\x80\x04")
    write_manifest(bare.ws.adapter, dict.fromkeys(evidence.TRAINED_FROM, "sha256:0"))
    with pytest.raises(ReleaseRefused, match="no release holds") as caught:
        package(bare.ws, tmp_path / "staged", evidence.current(bare.ws))
    assert name in caught.value.message()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["../x.json", "/etc/x.json", "adapter/../x.json", "adapter/a/b.json"]
)
def test_no_name_leads_out_of_a_release(name) -> None:
    assert not allowed(name)


@pytest.mark.slow
def test_a_link_is_not_followed(bare, tmp_path) -> None:
    target = tmp_path / "elsewhere.txt"
    target.write_text("dslm==0.1.0\n")
    bare.ws.lock.unlink()
    bare.ws.lock.symlink_to(target)
    with pytest.raises(ReleaseRefused, match="not a regular file"):
        package(bare.ws, tmp_path / "staged", {})


@pytest.mark.slow
def test_rows_that_were_changed_after_scoring_are_refused(bare, tmp_path) -> None:
    (bare.ws.scores("candidate") / "rows.jsonl").write_text('{"id": "b"}\n')
    with pytest.raises(ReleaseRefused, match="bytes differ"):
        package(bare.ws, tmp_path / "staged", {})


@pytest.mark.slow
def test_mlflow_finds_our_loader_and_no_code_or_pickle(folder) -> None:
    from mlflow.models import Model

    flavor = Model.load(str(folder)).flavors["python_function"]
    python = platform.python_version()
    assert flavor == {"loader_module": "dslm.releasing.pyfunc", "python_version": python}


@pytest.mark.slow
def test_the_card_says_what_how_good_and_where_it_ends(folder) -> None:
    card = (folder / "card.md").read_text()
    assert "| case_exact_match | 1.000 [0.692, 1.000] n=10 | 0.300" in card
    assert "| selective_risk | 0.000 [0.000, " in card
    assert "at most 10 % wrong" in card
    assert "| An order without a number cannot be found. | abstain |" in card
    assert "smollm2-135m-instruct" in card
    for digest in json.loads((folder / "MANIFEST.json").read_text())["inputs"].values():
        assert digest in card
    assert "{{" not in card
    assert "The contract calls nothing personal, and nothing personal was looked for" in card
    assert "`smoke.json` holds one input of gold as it is." in card


@pytest.mark.slow
@pytest.mark.parametrize("release", ["folder", "with_data_card"])
def test_every_table_of_the_card_is_whole(release, request) -> None:
    lines = (request.getfixturevalue(release) / "card.md").read_text().splitlines()
    for above, line in pairwise(lines):
        if above.startswith("|") and line.startswith("|"):
            assert above.count("|") - above.count("\\|") == line.count("|") - line.count("\\|")
        assert not (above == "" and line.startswith("|") and "---" in line)


@pytest.mark.slow
def test_a_card_template_that_asks_for_what_is_not_there_is_named_by_line(bare, tmp_path) -> None:
    template = bare.ws.root / "registry" / "card-template.md.jinja"
    template.write_text("# {{ contract.name }}\n{{ contract.author }}\n")
    with pytest.raises(InputError, match="author"):
        package(bare.ws, tmp_path / "staged", {})


@pytest.mark.slow
def test_a_card_template_cannot_reach_the_machine(bare, tmp_path) -> None:
    template = bare.ws.root / "registry" / "card-template.md.jinja"
    template.write_text("{{ ''.__class__.__mro__[1].__subclasses__() }}\n")
    with pytest.raises(InputError, match="unsafe"):
        package(bare.ws, tmp_path / "staged", {})


@pytest.mark.slow
def test_cells_and_intervals_are_written_plainly() -> None:
    assert interval(None) == "not measured"
    assert interval(Metric(value=1.0, low=None, high=None, n=3)) == "1.000 n=3"
    assert cell("a | b\nc") == "a \\| b c"


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["adapter/adapter_model.safetensors", "rows/base.jsonl", "MLmodel"]
)
def test_one_changed_byte_is_seen(folder, name) -> None:
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ReleaseRefused, match="bytes differ") as caught:
        checked_files(folder)
    assert name in caught.value.message()


@pytest.mark.slow
def test_a_file_too_many_or_too_few_is_seen(folder) -> None:
    (folder / "adapter" / "extra.json").write_text("{}")
    with pytest.raises(ReleaseRefused, match=r"does not belong.*") as caught:
        checked_files(folder)
    assert "extra.json" in caught.value.message()
    (folder / "adapter" / "extra.json").unlink()
    (folder / "card.md").unlink()
    with pytest.raises(ReleaseRefused, match="is missing"):
        checked_files(folder)


@pytest.mark.slow
def test_a_listed_file_of_a_forbidden_kind_is_still_refused(folder) -> None:
    (folder / "adapter" / "payload.pkl").write_bytes(b"\x80\x04")
    write_manifest(folder, {})
    with pytest.raises(ReleaseRefused, match="does not belong"):
        checked_files(folder)


@pytest.mark.slow
def test_the_note_that_mlflow_leaves_beside_a_model_is_no_tampering(folder) -> None:
    (folder / "registered_model_meta").write_text("model_name: x\n")
    assert checked_files(folder)["gold"].startswith("sha256:")
