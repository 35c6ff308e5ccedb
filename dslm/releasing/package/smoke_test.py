"""The smoke test of a release: it loads, answers a gold case, and answers it as was recorded.

Takes a proved release and whatever loads and answers; refuses one that does not answer, or not as
its own row of that case says. Called when a release is registered and when it is rolled back to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.cases import read_records
from dslm.contract.answers.canonical_answer import schema_errors
from dslm.errors import DslmError, ReleaseRefused
from dslm.errors.notices import notice
from dslm.provenance import digest_file
from dslm.records import Bridged, Case, Row
from dslm.releasing.registry.mlflow_store import RESTORE
from dslm.releasing.verification.release_verification import ReleaseProof
from dslm.scoring.rows.answers_given_again import BOUNDS
from dslm.settings.recipe import load_recipe
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json

Answer = Callable[[Path, str], Mapping[str, Any]]

ACTIONS = ("proceed", "abstain", "escalate")
UNSURE = "low_confidence"


@dataclass(frozen=True)
class _Asked:
    """The case that a release carries; `as_gold`: its input is that of gold, nothing hidden."""

    id: str
    input: str
    as_gold: bool


def smoke(ws: Workspace, proof: ReleaseProof, answer: Answer) -> Bridged | None:
    """Load a release and let it answer the case that it carries.

    Args:
        ws: The workflow.
        proof: The release.
        answer: Loads a release's folder and answers one input with `object`, `action`, `reasons`,
            `confidence`, and with `told`: what computes otherwise than when it was certified, and
            `bridged`: how it was shown to answer as it did then. With `again` and no answer where
            it gave all its recorded answers again: then this one more would show nothing.

    Returns:
        How it was bridged, for the journal; None where it computes as when it was gated.

    Raises:
        ReleaseRefused: It cannot be loaded, what it says is no decided answer, or it is not the
            answer that was recorded.
    """
    where = f"{proof.contract.name} version {proof.version}"
    asked = _asked(ws, proof, where)
    try:
        said = answer(proof.folder, asked.input)
    except DslmError as error:
        raise ReleaseRefused(f"does not load or answer: {error.message()}", where=where) from error
    if said.get("again") and "action" not in said:
        again: Bridged | None = said.get("bridged")
        return again
    problems = _undecided(proof, said)
    row = _recorded(proof, asked.id)
    if not problems and (row is None or not asked.as_gold):
        why = "its case hides personal values, and gold is another now" if row else "it has no rows"
        _tell(where, f"its answer is not compared with a recorded one: {why}")
    elif not problems and row is not None:
        problems = _otherwise(row, said, _bound(proof))
        # of before log-probabilities were kept: its case need not be one that it is sure of
        if problems and row.prediction.log_probs is None and said.get("told"):
            _tell(where, f"{'; '.join(problems)}; here is {', '.join(said['told'])}")
            problems = []
    if problems:
        what = f"answers case {asked.id} wrongly: {'; '.join(problems)}"
        raise ReleaseRefused(what, where=where)
    bridged: Bridged | None = said.get("bridged")
    return bridged


def _tell(where: str, what: str) -> None:
    notice(where, what)


def _undecided(proof: ReleaseProof, said: Mapping[str, Any]) -> list[str]:
    """What makes an answer no decided one."""
    action, found = said.get("action"), said.get("object")
    problems = [] if action in ACTIONS else [f"action {action!r} is none of {', '.join(ACTIONS)}"]
    if found is not None:
        problems += schema_errors(proof.contract, found)
    elif action == "proceed":
        problems.append("proceeds without an answer")
    return problems


def _otherwise(row: Row, said: Mapping[str, Any], bound: float) -> list[str]:
    """Where an answer is not the recorded one; fields and no values, which may be personal."""
    recorded, found = row.prediction.object or {}, said.get("object") or {}
    fields = [f for f in {**recorded, **found} if recorded.get(f) != found.get(f)]
    problems = [f"another {', '.join(fields)} than was recorded"] if fields else []
    sure, then = said.get("confidence"), row.prediction.confidence
    if not isinstance(sure, float | int) or not abs(sure - then) <= bound:
        problems.append(f"confidence {sure}, recorded {then}")
    reasons = (set(row.decision.reasons), set(said.get("reasons") or ()))
    if reasons[0] - {UNSURE} != reasons[1] - {UNSURE}:
        problems.append(f"held back for {_worded(reasons[1])}, recorded {_worded(reasons[0])}")
    elif reasons[0] == reasons[1] and said.get("action") != row.decision.action:
        problems.append(f"action {said.get('action')}, recorded {row.decision.action}")
    return problems


def _worded(reasons: set[str]) -> str:
    return ", ".join(sorted(reasons)) or "nothing"


def _bound(proof: ReleaseProof) -> float:
    return BOUNDS[load_recipe(proof.folder / "recipe.yaml").inference.dtype]


def _recorded(proof: ReleaseProof, case: str) -> Row | None:
    path = proof.folder / "rows" / "candidate.jsonl"
    rows = read_records(path, Row) if path.is_file() else []
    return next((row for row in rows if row.id == case), None)


def _asked(ws: Workspace, proof: ReleaseProof, where: str) -> _Asked:
    """The case that a release carries, with gold's own input where that hides something."""
    path = proof.folder / "smoke.json"
    try:
        case = strict_json(path.read_bytes())
    except ValueError as error:
        raise ReleaseRefused(f"{path.name}: not JSON: {error}", where=where, fix=RESTORE) from None
    known = isinstance(case, dict) and all(isinstance(case.get(k), str) for k in ("id", "input"))
    if not known:
        raise ReleaseRefused(f"{path.name} names no id and input", where=where, fix=RESTORE)
    # older releases do not say: where nothing is hidden, the input is gold's
    if case.get("as_gold", not proof.contract.data.personal.hides) is True:
        return _Asked(case["id"], case["input"], as_gold=True)
    if ws.gold.is_file() and digest_file(ws.gold) == proof.evidence.get("gold"):
        for one in read_records(ws.gold, Case):
            if one.id == case["id"]:
                return _Asked(one.id, one.input, as_gold=True)
    return _Asked(case["id"], case["input"], as_gold=False)
