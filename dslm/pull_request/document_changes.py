"""What a pull request changes of what is asked: policy, contract, gold, waivers; what loosens.

Takes the workflow as the target branch and as the pull request has it; gives lines. A policy and
waivers never judge the pull request that changes them, contract and gold do. Called by
`judge_pull_request`.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.cases import read_labelled
from dslm.contract import load_contract
from dslm.errors import DslmError
from dslm.evidence import Terms, terms_of
from dslm.evidence.release_terms import MADE_FROM
from dslm.gating.changes.changes_since_champion import changes_since
from dslm.records import Baseline, Change
from dslm.settings.gate_policy import load_policy
from dslm.settings.waivers import load_waivers
from dslm.settings.workspace import Workspace

MOST_NAMED = 8
BY_TARGET = "the target branch's judges here"
LOOSENED = "LOOSENED"


def document_notes(target: Workspace, proposed: Workspace) -> tuple[str, ...]:
    """Lines on each document that differs; none where none does."""
    return tuple(_notes(target, proposed))


def _notes(target: Workspace, proposed: Workspace) -> Iterator[str]:
    try:
        then, now = _asked(target), _asked(proposed)
        waived, waives = load_waivers(target.waivers), load_waivers(proposed.waivers)
    except DslmError as error:
        yield f"What it changes in policy, contract and gold cannot be shown: {error.message()}"
        return
    found = changes_since(Baseline(version=1), then, now).found
    for part, judged in (("policy", BY_TARGET), ("contract", ""), ("gold", "")):
        if lines := [_line(one) for one in found if one.part == part]:
            more = f"; and {len(lines) - MOST_NAMED} more" if len(lines) > MOST_NAMED else ""
            by = f" ({judged})" if judged else ""
            yield f"It changes the {part}{by}: {'; '.join(sorted(lines)[:MOST_NAMED])}{more}."
    if waived != waives:
        new = sorted({one.check for one in waives} - {one.check for one in waived})
        named = f": new for {', '.join(new)}" if new else ""
        yield f"It changes the waivers ({BY_TARGET}){named}."


def _line(change: Change) -> str:
    marked = f"{LOOSENED} " if change.loosens else ""
    return f"{marked}{change.key}: {change.was} → {change.now}"


def _asked(ws: Workspace) -> Terms:
    """What a candidate is held to there."""
    contract = load_contract(ws.contract)
    gold = read_labelled(ws.gold, contract)
    nothing = dict.fromkeys(MADE_FROM, "")
    return terms_of(contract, gold, load_policy(ws.policy), nothing, None)
