"""A sweep on a tiny model, as `docs/sweeps.md` has it: queue, run, compare, take the winner over.

Experiments run in copies of what git has, so what git does not have (the champion's release, a base
in an ignored folder) must be found from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scratch_repository import Scratch, make_scratch

from dslm.errors import EXIT_REFUSED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
TINY = "recipes/tiny.yaml"
CARD = "eval/mini/results/metrics.json"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scratch]:
    """A repository with a champion, whose base is in a folder that git ignores."""
    with make_scratch(tmp_path_factory.mktemp("sweep") / "repository").warm() as made:
        yield with_champion(made)


def with_champion(made: Scratch) -> Scratch:
    """The first release, and what a sweep changes, committed."""
    with (made.root / ".gitignore").open("a") as ignored:
        ignored.write("/base/\n")
    made.done("git", "rm", "-r", "--cached", "--quiet", "base")
    text = (made.root / TINY).read_text()
    variant = '{\n  "extends": {"recipe": "tiny", "changes": ["training.seed"]},'
    (made.root / "recipes" / "variant.yaml").write_text(text.replace("{", variant, 1))
    made.repro()
    made.repro("registry/dvc.yaml:register@mini")
    assert made.dslm("release", "promote", "mini", "--reason", "the first").code == 0
    made.done("git", "add", "--all")
    made.done("git", "commit", "--quiet", "--message", "A champion")
    return made


def queued(scratch: Scratch, name: str, *values: str) -> None:
    """One more experiment of the sweep, up to its scorecard."""
    settings = [part for value in values for part in ("-S", value)]
    scratch.done(*scratch.dvc("exp", "run", "--queue", "--name", name, *settings, "score@mini"))


def shown(scratch: Scratch) -> tuple[dict[str, Any], set[str]]:
    """Experiments that ended well by name, as `dvc exp show --json` has them, and who did not.

    One that failed is shown with the numbers of the commit that it began from.
    """
    revisions = json.loads(scratch.done(*scratch.dvc("exp", "show", "--json")).out)
    found = [e for r in revisions for e in r["experiments"] or []]
    failed = {e["name"] for e in found if e["revs"][0]["error"]}
    well = {e["name"]: e["revs"][0]["data"] for e in found if e["name"] not in failed}
    return well, failed


def releases(scratch: Scratch) -> list[int]:
    listed = scratch.dslm("release", "list", "mini", "--json")
    assert listed.code == 0, listed.text
    return [r["version"] for r in json.loads(listed.out)]


def adapter(scratch: Scratch) -> bytes:
    return (scratch.ws.adapter / "adapter_model.safetensors").read_bytes()


def test_a_sweep_is_queued_run_and_compared_and_registers_nothing(scratch: Scratch) -> None:
    before = adapter(scratch), scratch.ws.champion.read_bytes()
    queued(scratch, "wide", f"{TINY}:training.learning_rate=0.01", f"{TINY}:lora.r=8")
    queued(
        scratch, "other", "workflows.mini.recipe=variant", "recipes/variant.yaml:training.seed=9"
    )
    queued(scratch, "untrue", "workflows.mini.recipe=variant", "recipes/variant.yaml:lora.r=8")
    ran = scratch.run(*scratch.dvc("exp", "run", "--run-all"), patience=1200)

    sweep, failed = shown(scratch)
    cards = {name: data["metrics"][CARD]["data"] for name, data in sweep.items()}
    assert (cards.keys(), failed) == ({"wide", "other"}, {"untrue"}), ran.text[-4000:]
    assert all(card["schema_valid_rate"] == 1.0 for card in cards.values())
    assert sweep["wide"]["params"][TINY]["data"]["training"]["learning_rate"] == 0.01
    weights = {n: sweep[n]["outs"]["artifacts/mini/adapter"]["hash"] for n in cards}
    assert len(set(weights.values())) == 2, "a value of the sweep did not reach the training"
    champions = {sweep[n]["outs"]["artifacts/mini/scores/champion"]["hash"] for n in cards}
    assert len(champions) == 1, "the champion is one, whoever is compared with it"

    assert "lora.r is 8, tiny says 4" in scratch.run(*scratch.dvc("queue", "logs", "untrue")).text

    assert releases(scratch) == [1]
    assert (adapter(scratch), scratch.ws.champion.read_bytes()) == before
    looks = list(scratch.ws.looks.glob("*/*-*.json"))
    assert len(looks) == 3, "each of the two that was scored is a look, beside the first release's"
    changed = scratch.done("git", "status", "--porcelain").out.split()
    assert all(name == "??" or name.startswith("eval/mini/looks/") for name in changed), changed

    the_winner_is_taken_over(scratch, weights["wide"])


def the_winner_is_taken_over(scratch: Scratch, weights: str) -> None:
    scratch.done(*scratch.dvc("exp", "apply", "wide"))
    assert "0.01" in (scratch.root / TINY).read_text()
    assert weights in scratch.root.joinpath("dvc.lock").read_text()
    assert scratch.repro().ran == ["gate"], "what the sweep made is not made again"
    refused = scratch.run(*scratch.dvc("exp", "run", "registry/dvc.yaml:register@mini"))
    assert refused.code != 0
    assert "experiments register nothing" in refused.text
    assert releases(scratch) == [1]
    scratch.repro("registry/dvc.yaml:register@mini")
    assert releases(scratch) == [2, 1]


def test_a_root_elsewhere_is_refused_by_a_stage_that_dvc_runs(
    scratch: Scratch, tmp_path: Path
) -> None:
    (tmp_path / "params.yaml").write_text("workflows: {}\n")
    setting = (f"DSLM_ROOT={tmp_path}", "DVC_STAGE=gate@mini")
    finished = scratch.run("env", *setting, "python", "-m", "pipelines.gate", "--workflow", "mini")
    assert finished.code != 0
    assert "unset DSLM_ROOT" in finished.text


def test_an_experiment_is_refused_by_the_register_stage(scratch: Scratch) -> None:
    command = ("python", "-m", "pipelines.register", "--workflow", "mini")
    finished = scratch.run("env", "DVC_EXP_NAME=wide", *command)
    assert finished.code == EXIT_REFUSED
    assert "experiments register nothing" in finished.text
