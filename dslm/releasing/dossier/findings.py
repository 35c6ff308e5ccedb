"""What can be shown of a release, one claim at a time, each decided by artefacts that are there.

Takes the artefacts of a dossier; gives for each claim whether it holds, in words with numbers, or
what is lacking. `control_map.yaml` names these claims; `controls` decides the map by them. A claim
needs all the artefacts it names: without one of them it does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.made import APPROVALS, DRILL, JOURNAL, POLICY, PROMOTION
from dslm.releasing.dossier.recomputing import recomputed_models
from dslm.releasing.dossier.traced import (
    bill_of_parts,
    made_from,
    packages,
    stated_training,
    stated_verdict,
    trained,
)  # fmt: skip

Said = tuple[bool, str]

# Every artefact by which something is decided: where a dossier has it. Those of the last group are
# in the release and not in the dossier; its manifest says that they are there.
ARTEFACTS: Mapping[str, str] = {
    "contract": "release/workflow.yaml",
    "recipe": "release/recipe.yaml",
    "lock file": "release/requirements.txt",
    "scorecard": "release/scorecard.json",
    "verdict": "release/gate.json",
    "calibration": "release/calibration.json",
    "evidence of answers": "release/evidence.json",
    "data card": "release/data-card.json",
    "bill of materials": "release/bom.json",
    "model card": "release/card.md",
    "adapter settings": "release/adapter/adapter_config.json",
    "training summary": "release/adapter/training.json",
    "signature": "release/model.sig",
    "statement of the verdict": "release/attestations/verdict.dsse.json",
    "statement of training": "release/attestations/training.dsse.json",
    "rows of the candidate": "rows/candidate.jsonl",
    "rows of the base": "rows/base.jsonl",
    "rows of the champion": "rows/champion.jsonl",
    "rows of the calibration": "rows/calibration.jsonl",
    "journal": f"records/{JOURNAL}",
    "statement of the move": f"records/{PROMOTION}",
    "release policy": f"records/{POLICY}",
    "approvals": f"records/{APPROVALS}",
    "drill": f"records/{DRILL}",
    "recorded answers": "recorded.jsonl",
    "smoke case": "smoke.json",
    "terms": "terms.json",
}
LISTED = ("recorded answers", "smoke case", "terms")


def has(found: Artefacts, name: str) -> bool:
    """Whether an artefact is there."""
    if name in LISTED:
        return found.holds(ARTEFACTS[name])
    return (found.folder / ARTEFACTS[name]).is_file()


@dataclass(frozen=True)
class Claim:
    """One thing to be shown: in words, by which artefacts, and how they decide it."""

    title: str
    of: tuple[str, ...]
    decide: Callable[[Artefacts], Said]


def said_of(found: Artefacts, claim: Claim) -> Said:
    """Whether a claim holds, and what is to be said of it."""
    if lacking := [name for name in claim.of if not has(found, name)]:
        return False, f"there is no {', no '.join(lacking)}"
    return claim.decide(found)


def _purpose(found: Artefacts) -> Said:
    contract = found.contract
    assert contract
    if not (contract.summary.strip() and contract.task.strip()):
        return False, "the contract says neither what it is for nor what the model is asked"
    return True, f"contract version {contract.version} says what it is for, in and out"


def _limits(found: Artefacts) -> Said:
    contract = found.contract
    assert contract
    if not contract.out_of_scope:
        return False, "the contract names nothing that must not be processed"
    named = ", ".join(sorted(contract.out_of_scope))
    return True, f"values of {named} that must not be processed are named"


def _costs(found: Artefacts) -> Said:
    contract = found.contract
    assert contract
    costs = contract.costs
    return True, f"a wrong answer that proceeds costs {costs.wrong_proceed:g} {costs.currency}, a review {costs.review:g}"  # noqa: E501


def _oversight(found: Artefacts) -> Said:
    rows = found.rows["candidate"]
    held = sum(case.decision.action != "proceed" for case in rows)
    if not held:
        return False, f"of {len(rows)} gold cases none went to a person"
    return True, f"of {len(rows)} gold cases {held} went to a person or a stronger tier"


def _service(found: Artefacts) -> Said:
    contract, card = found.contract, found.scorecard
    assert contract
    assert card
    waited = card.models["candidate"].latency_ms if "candidate" in card.models else {}
    if "p95" not in waited:
        return False, "no waiting time was measured"
    return True, f"95 % answered within {waited['p95']:,.0f} ms, {contract.slo.p95_ms:,.0f} ms are asked"


def _origin(found: Artefacts) -> Said:
    contract, card = found.contract, found.data_card
    assert contract
    assert card
    silent = [s.path for s in contract.data.sources if not (s.licence.strip() and s.origin.strip())]
    if silent:
        return False, f"{len(silent)} sources without origin or licence"
    if card.digests.get("data") != found.evidence.get("data"):
        return False, "the data card is not of the data that it was trained on"
    return True, f"{len(contract.data.sources)} sources, each with origin and licence; data by digest"


def _curated(found: Artefacts) -> Said:
    card = found.data_card
    assert card
    dropped = sum(card.dropped.values())
    if not card.read:
        return False, "no row was read"
    return True, (f"of {card.read:,} rows {card.kept:,} kept, {dropped:,} dropped for "
                  f"{len(card.dropped)} reasons, {card.rejected:,} rejected")  # fmt: skip


def _repeats(found: Artefacts) -> Said:
    card, contract = found.data_card, found.contract
    assert card
    assert contract
    named = ("exact_duplicate", "near_duplicate")
    count = sum(n for reason, n in card.dropped.items() if reason.partition(":")[0] in named)
    return True, f"{count:,} repeated cases dropped, from {contract.data.near_duplicate:g} similarity on"


def _leakage(found: Artefacts) -> Said:
    card = found.data_card
    assert card
    if not card.leakage.compared:
        return False, "no case was compared with gold"
    leaks = sum(card.leakage.found.values())
    return True, f"{card.leakage.compared:,} cases compared with gold, {leaks:,} leaks dropped"


def _personal(found: Artefacts) -> Said:
    contract, card = found.contract, found.data_card
    assert contract
    assert card
    personal = contract.data.personal
    if not personal.looks:
        return False, "the contract names no personal data, and none was looked for"
    if not personal.hides:
        return False, "personal data is counted and stays (mode: keep)"
    if card.personal is None:
        return False, "the data card says nothing of personal data"
    named = len(personal.kinds) + len(personal.places)
    return True, f"{named} kinds and fields looked for, mode {personal.mode}"


def _gold_size(found: Artefacts) -> Said:
    card = found.data_card
    assert card
    gold = card.reach.gold
    if gold.margin >= 1:
        return False, f"{gold.cases:,} gold cases decide no margin"
    return True, f"{gold.cases:,} gold cases decide a loss of {gold.margin * 100:.1f} points"


def _measured(found: Artefacts) -> Said:
    card = found.scorecard
    assert card
    if "candidate" not in recomputed_models(found):
        return False, "the scorecard says nothing of the candidate"
    metrics = card.models["candidate"].metrics
    bounded = [m for m in metrics.values() if m.low is not None and m.high is not None]
    if not bounded:
        return False, "no number has an interval"
    return True, (f"{len(metrics)} metrics on {card.gold_cases:,} gold cases, {len(bounded)} with "
                  "95 % intervals, computed again from the rows")  # fmt: skip


def _fields(found: Artefacts) -> Said:
    card = found.scorecard
    assert card
    fields = card.models["candidate"].fields if "candidate" in card.models else {}
    if not fields:
        return False, "no field was measured by itself"
    if not found.made.gold_at_hand:
        return False, f"{len(fields)} fields, not computed again: gold was not at hand"
    return True, f"precision, recall and F1 of {len(fields)} fields"


def _slices(found: Artefacts) -> Said:
    card = found.scorecard
    assert card
    slices = card.models["candidate"].slices if "candidate" in card.models else {}
    if not slices:
        return False, "the contract names no slices"
    values = sum(len(values) for values in slices.values())
    return True, f"{values} groups of cases in {len(slices)} slices measured apart"


def _against(model: str, name: str) -> Callable[[Artefacts], Said]:
    def decide(found: Artefacts) -> Said:
        if model not in recomputed_models(found):
            return False, f"the {name} was not measured on the same gold set"
        return True, f"the {name} answered the same {len(found.rows[model]):,} gold cases"

    return decide


def _passed(found: Artefacts) -> Said:
    verdict = found.verdict
    assert verdict
    passed = [check for check in verdict.checks if check.status == "PASS"]
    waived = [check.id for check in passed if check.waived]
    if verdict.status != "PASS" or not passed:
        return False, f"the gate says {verdict.status}"
    if waived:
        return False, f"{len(waived)} checks pass by a waiver alone"
    return True, f"PASS: {len(passed)} of {len(verdict.checks)} checks, the rest had nothing to compare"


def _asked(found: Artefacts) -> Said:
    verdict = found.verdict
    assert verdict
    if not verdict.checks or "policy" not in verdict.evidence:
        return False, "the verdict names no policy"
    return True, f"{len(verdict.checks)} go/no-go checks, the policy by its digest"


def _looks(found: Artefacts) -> Said:
    verdict = found.verdict
    assert verdict
    if verdict.look is None:
        return False, "how often gold was looked at is not known"
    return True, "looks at gold are counted, and the error is shared among them"


def _certified(found: Artefacts) -> Said:
    made = found.calibration
    assert made
    if not made.certified or made.threshold is None:
        return False, "no threshold could be certified: nothing proceeds"
    return True, (f"at most {made.max_selective_risk:.3g} wrong among those that proceed, with "
                  f"{made.confidence:.3g} confidence, from {made.threshold:.4f} on; computed "
                  "again from the rows")  # fmt: skip


def _signed(found: Artefacts) -> Said:
    signed = found.signature
    assert signed
    if signed.demonstration:
        return False, "signed with the demonstration key, which is published and proves nothing"
    return True, f"signed with key {signed.key_id[:12]}"


def _recorded(found: Artefacts) -> Said:
    return True, "the release carries cases and answers that it has to give again where it is loaded"


def _journaled(found: Artefacts) -> Said:
    if not found.own_moves:
        return False, "this release was never made the champion"
    last = found.own_moves[-1].entry
    return True, f"made champion on {last.at[:10]}, with who and why; {len(found.moves)} moves in all"


def _way_back(found: Artefacts) -> Said:
    others = {move.entry.to_digest for move in found.moves} - {found.made.digest, None}
    if not others:
        return False, "no other release was ever the champion, so that there is none to go back to"
    return True, f"{len(others)} other releases were champion, and can be gone back to"


def _move_stated(found: Artefacts) -> Said:
    stated = found.promotion
    assert stated
    if stated.demonstration:
        return False, "stated with the demonstration key, which is published and proves nothing"
    return True, f"the move is stated with key {stated.key_id[:12]}"


def _policy(found: Artefacts) -> Said:
    policy = found.policy
    assert policy
    if not policy.signing.required:
        return False, "the release policy takes releases that nobody signed"
    return True, f"releases have to be signed, {len(policy.signing.keys)} keys count"


def _approved(found: Artefacts) -> Said:
    if not found.approvals:
        return False, "nobody approved it"
    return True, "approvals of this release are recorded"


def _drilled(found: Artefacts) -> Said:
    if not found.drill:
        return False, "the record of the drill is empty"
    if _failed(found.drill):
        return False, "the drill did not pass"
    return True, "going back was drilled, and the drill is recorded"


def _failed(value: object) -> bool:
    """Whether a record says of itself or of one of its steps that it failed."""
    if isinstance(value, Mapping):
        bad = any(value.get(key) is False for key in ("passed", "ok"))
        bad |= str(value.get("status", "")).upper() in ("FAIL", "FAILED")
        return bad or any(_failed(one) for one in value.values())
    return isinstance(value, list) and any(_failed(one) for one in value)


def _card(found: Artefacts) -> Said:
    text = (found.folder / ARTEFACTS["model card"]).read_text(encoding="utf-8")
    parts = len(re.findall(r"(?m)^## ", text))
    return bool(parts), f"a model card of {parts} sections"


CLAIMS: Mapping[str, Claim] = {
    "purpose": Claim("what it is for", ("contract",), _purpose),
    "limits": Claim("what it must not be used for", ("contract",), _limits),
    "costs": Claim("what errors cost", ("contract",), _costs),
    "oversight": Claim("where a person decides", ("contract", "rows of the candidate"), _oversight),
    "service": Claim("how long callers wait", ("contract", "scorecard"), _service),
    "data origin": Claim("where the data is from", ("contract", "data card"), _origin),
    "data curated": Claim("what was dropped, and why", ("data card",), _curated),
    "repeats removed": Claim("repeated cases removed", ("contract", "data card"), _repeats),
    "no leakage": Claim("gold kept out of training", ("data card",), _leakage),
    "personal data": Claim("personal data looked for", ("contract", "data card"), _personal),
    "gold size": Claim("what gold can show", ("data card",), _gold_size),
    "base named": Claim("which base model", ("recipe", "bill of materials"), bill_of_parts),
    "training": Claim("how it was trained",
                      ("recipe", "training summary", "adapter settings"), trained),
    "lineage": Claim("what it was made from", ("evidence of answers",), made_from),
    "packages": Claim("which packages", ("lock file", "bill of materials"), packages),
    "model card": Claim("a card for readers", ("model card",), _card),
    "measured": Claim("how good it is", ("contract", "scorecard", "rows of the candidate"),
                      _measured),
    "fields": Claim("how good each field is", ("scorecard", "rows of the candidate"), _fields),
    "slices": Claim("how good it is for each group", ("scorecard", "rows of the candidate"),
                    _slices),
    "against base": Claim("compared with the base", ("scorecard", "rows of the base"),
                          _against("base", "base model")),
    "against champion": Claim("compared with what served", ("scorecard", "rows of the champion"),
                              _against("champion", "champion")),
    "gate passed": Claim("what the gate said", ("verdict",), _passed),
    "thresholds": Claim("what was asked of it", ("verdict", "terms"), _asked),
    "looks": Claim("looks at gold counted", ("verdict",), _looks),
    "threshold certified": Claim("from when an answer proceeds",
                                 ("contract", "calibration", "rows of the calibration"),
                                 _certified),
    "signed": Claim("who signed it", ("signature",), _signed),
    "verdict stated": Claim("the verdict is signed and dated", ("statement of the verdict",),
                            stated_verdict),
    "training stated": Claim("its making is signed", ("statement of training",), stated_training),
    "recorded answers": Claim("answers to be given again", ("recorded answers", "smoke case"),
                              _recorded),
    "journal": Claim("who made it champion, and why", ("journal",), _journaled),
    "way back": Claim("a release to go back to", ("journal",), _way_back),
    "move stated": Claim("the move is signed", ("statement of the move",), _move_stated),
    "policy": Claim("what the release policy asks", ("release policy",), _policy),
    "approved": Claim("who approved it", ("approvals",), _approved),
    "drilled": Claim("going back was drilled", ("drill",), _drilled),
}  # fmt: skip
