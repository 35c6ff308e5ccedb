"""Reads what the stages wrote and proves that it is of one and the same run, and of now.

Takes a workspace; gives a `Submission`. Called by `gate_workspace`. Every folder is compared with
its manifest, every manifest with the digests of what lies in the working tree, every number with
the rows it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import ValidationError

from dslm.contract import Contract
from dslm.errors import Problems, ReleaseRefused
from dslm.evidence import current, read_json, refuse_differences
from dslm.gating.submission import Submission
from dslm.provenance import digest_file, read_manifest
from dslm.records import Baseline, Case, Row
from dslm.scoring.verification import models_scored, read_rows, read_scorecard, verify
from dslm.settings.policy import GatePolicy
from dslm.settings.workspace import Workspace, stage_command

NO_BASELINE = Baseline()

# What rows of the prompt-only base depend on: all but what training makes. `data` counts for the
# worked examples in its prompt.
BASE_ON = (
    "base",
    "tokenizer",
    "template",
    "plan",
    "data",
    "contract",
    "gold",
    "code",
    "lock",
)
# Champion and candidate are different models, asked the same cases and judged the same way.
CHAMPION_ON = ("contract", "gold", "code", "lock")


def read_baseline(ws: Workspace) -> Baseline:
    """What the candidate is compared with.

    Raises:
        ReleaseRefused: It is missing or broken: "no champion" has to be said, not left out.
    """
    made_by = stage_command("baseline", ws.workflow)
    value = read_json(ws.baseline, made_by=made_by)
    if "version" not in value:
        raise ReleaseRefused("names no version", where=ws.baseline, fix=f"run {made_by}")
    try:
        return Baseline.model_validate(value)
    except ValidationError as error:
        what = f"no baseline: {error.errors()[0]['msg']}"
        raise ReleaseRefused(what, where=ws.baseline, fix=f"run {made_by}") from None


def _only(digests: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    return {key: digests[key] for key in keys}


def _checked_rows(
    ws: Workspace, now: Mapping[str, str], baseline: Baseline
) -> dict[str, list[Row]]:
    """Rows by model, each set proved to be of what lies here now."""
    found: dict[str, list[Row]] = {}
    wanted = {"base": _only(now, BASE_ON), "candidate": dict(now)}
    wanted["champion"] = _only(now, CHAMPION_ON) | {"release": baseline.digest or "none"}
    for model in models_scored(ws):
        rows, inputs = read_rows(ws, model)
        refuse_differences(inputs, wanted[model], what=f"the rows of the {model}")
        found[model] = rows
    return found


def collect(
    ws: Workspace, policy: GatePolicy, contract: Contract, gold: Sequence[Case]
) -> Submission:
    """All evidence of a workflow's newest run, proved.

    Raises:
        ReleaseRefused: Something is missing, or is evidence of something else.
        InputError: A stage's output is not there or not whole.
    """
    now = current(ws)
    baseline = read_baseline(ws)
    rows = _checked_rows(ws, now, baseline)
    card = read_scorecard(ws.results / "scorecard.json")
    refuse_differences(card.evidence, now, what="the scorecard")
    if found := verify(ws):
        raise Problems([ReleaseRefused(difference) for difference in found])
    return Submission(contract, gold, card, rows, baseline, _evidence(ws, now, policy, rows))


def _evidence(
    ws: Workspace, now: Mapping[str, str], policy: GatePolicy, models: Iterable[str]
) -> dict[str, str]:
    """What the verdict names: the candidate's evidence, and all else that decided."""
    named = dict(now) | {
        "policy": policy.digest(),
        "scorecard": digest_file(ws.results / "scorecard.json"),
        "waivers": digest_file(ws.waivers) if ws.waivers.is_file() else "none",
    }
    for model in models:
        folder = read_manifest(ws.scores(model), made_by=ws.scored_by(model))
        named[f"rows_{model}"] = folder["digest"]
    return named
