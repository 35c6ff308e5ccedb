"""What runs on a pull request: workflows of the target branch that run nothing of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from reading_code import ROOT
from ruamel.yaml import YAML

from dslm.pull_request.commenting import JUDGED
from dslm.settings.params import load_params

FOLDER = ROOT / ".github" / "workflows"
GATES = ("gate.yml", "gate-comment.yml")
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
GITLAB = ROOT / ".gitlab" / "gate.gitlab-ci.yml"
# What a shell would read of a pull request, or run of it.
THEIRS = re.compile(r"pull-request(?! \"\$WORKFLOW\")")


SCHEMAS = Path(__file__).parent / "forge_schemas"
FORGES = [*((path, "github-workflow") for path in sorted(FOLDER.glob("*.yml"))),
          (GITLAB, "gitlab-ci")]  # fmt: skip


def refused_by(schema: str, document: Any) -> list[str]:
    """What a forge finds wrong with a workflow file, by its own schema."""
    read = jsonschema_rs.validator_for(json.loads((SCHEMAS / f"{schema}.json").read_text()))
    return [error.message for error in read.iter_errors(json.loads(json.dumps(document)))]


@pytest.mark.parametrize(("path", "schema"), FORGES, ids=[path.name for path, _ in FORGES])
def test_the_forge_takes_the_file(path: Path, schema: str) -> None:
    document = YAML(typ="safe").load(path)
    assert refused_by(schema, document) == []
    name, job = next((n, j) for n, j in document.get("jobs", document).items() if "script" in j
                     or "steps" in j)  # fmt: skip
    for key, wrong in (("steps", "make"), ("script", 3), ("permissions", {"contents": "all"})):
        if key in job:
            broken = {name: {**job, key: wrong}}
            whole = {**document, "jobs": broken} if "jobs" in document else {**document, **broken}
            assert refused_by(schema, whole), key


def workflow(name: str) -> dict[str, Any]:
    return dict(YAML(typ="safe").load(FOLDER / name))


def the_job(name: str) -> dict[str, Any]:
    (job,) = workflow(name)["jobs"].values()
    return dict(job)


def commands(name: str) -> list[str]:
    return [step["run"] for step in the_job(name)["steps"] if "run" in step]


@pytest.mark.parametrize("name", GATES)
def test_actions_are_pinned_to_a_commit(name: str) -> None:
    used = [one.strip() for one in (FOLDER / name).read_text().splitlines() if "uses:" in one]
    assert used
    assert [one for one in used if not PINNED.search(one)] == []


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.yml")))
def test_no_text_of_anybody_reaches_a_command_line(name: str) -> None:
    for job in workflow(name)["jobs"].values():
        assert [s["run"] for s in job["steps"] if "${{" in s.get("run", "")] == []


@pytest.mark.parametrize("name", GATES)
def test_tokens_may_do_nothing_but_what_a_job_says(name: str) -> None:
    assert workflow(name)["permissions"] == {}
    for step in the_job(name)["steps"]:
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_the_job_that_judges_may_only_read_and_is_never_skipped() -> None:
    document, job = workflow("gate.yml"), the_job("gate.yml")
    assert list(document["on"]) == ["pull_request_target"]
    assert {"synchronize", "edited"} <= set(document["on"]["pull_request_target"]["types"])
    assert job["permissions"] == {"contents": "read"}
    assert "if" not in job, "a skipped job counts as passed"
    assert "secrets." not in re.sub(r"#.*", "", (FOLDER / "gate.yml").read_text())


def test_the_job_that_judges_takes_the_pull_request_as_data() -> None:
    job = the_job("gate.yml")
    ours, theirs = (s["with"] for s in job["steps"] if "checkout" in s.get("uses", ""))
    assert ours["ref"] == "${{ github.event.pull_request.base.ref }}"
    assert theirs["ref"] == "${{ github.event.pull_request.head.sha }}"
    assert (theirs["submodules"], theirs["lfs"]) == (False, False)
    assert (ours["path"], theirs["path"]) == ("target", "pull-request")
    assert job["defaults"]["run"]["working-directory"] == "target"
    named = [command for command in commands("gate.yml") if THEIRS.search(command)]
    assert len(named) == 1
    assert named[0].count("pull-request") == 2, "the subcommand, and --head"
    assert "--head ../pull-request " in named[0]
    first, _, judge = named[0].partition("\n")
    assert first == 'echo "::stop-commands::$(openssl rand -hex 16)"', "what it prints is data too"
    assert judge.startswith(".venv/bin/dslm gate pull-request ")
    assert "stop-commands" not in judge


def test_the_job_that_comments_runs_the_default_branch_alone() -> None:
    document, job = workflow("gate-comment.yml"), the_job("gate-comment.yml")
    assert document["on"] == {"workflow_run": {"workflows": ["gate"], "types": ["completed"]}}
    assert job["permissions"] == {"actions": "read", "contents": "read", "pull-requests": "write"}
    assert "github.event.workflow_run.path == '.github/workflows/gate.yml'" in job["if"]
    assert "github.event.workflow_run.event == 'pull_request_target'" in job["if"]
    (checkout,) = (s["with"] for s in job["steps"] if "checkout" in s.get("uses", ""))
    assert checkout["ref"] == "${{ github.event.repository.default_branch }}"
    assert "path" not in checkout
    (step,) = (s for s in job["steps"] if "run" in s)
    named = workflow("gate.yml")["run-name"].replace(
        "${{ github.event.pull_request.head.sha }}", "0" * 40
    )
    assert JUDGED.match(named)
    assert step["env"]["JUDGED"] == "${{ github.event.workflow_run.display_title }}"
    (command,) = commands("gate-comment.yml")
    assert command == 'python3 -m dslm.pull_request.commenting "$RUNNER_TEMP/comments"'


def test_every_workflow_of_the_repository_is_gated() -> None:
    listed = sorted(load_params(ROOT).workflows)
    assert the_job("gate.yml")["strategy"]["matrix"]["workflow"] == listed
    gitlab = YAML(typ="safe").load(GITLAB)["gate"]
    assert gitlab["parallel"]["matrix"] == [{"WORKFLOW": listed}]


def test_gitlabs_job_judges_with_the_target_branch_as_well() -> None:
    job = YAML(typ="safe").load(GITLAB)["gate"]
    script = job["script"]
    clone, there = script[1], script.index("cd ../target")
    assert '--branch "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"' in clone
    assert not [one for one in script[:there] if "make" in one or "dslm" in one]
    (judge,) = (one for one in script if "dslm gate pull-request" in one)
    assert '--head "$CI_PROJECT_DIR"' in judge
    assert script[-1] == 'exit "$code"'
    assert job["before_script"] == job["after_script"] == []
