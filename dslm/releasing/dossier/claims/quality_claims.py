"""Claims on what it is for and how good it is: contract, scorecard, gate and threshold.

Called by `all_claims`, with artefacts that are there: each gives whether it holds, and words.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dslm.releasing.dossier.artefacts import Artefacts, needed
from dslm.releasing.dossier.dossier_contents import RELEASE
from dslm.releasing.dossier.recomputed_numbers import fields_recomputed, recomputed_models

Said = tuple[bool, str]


def purpose(found: Artefacts) -> Said:
    """What it is for."""
    contract = needed(found.contract)
    if not (contract.summary.strip() and contract.task.strip()):
        return False, "the contract says neither what it is for nor what the model is asked"
    return True, f"contract version {contract.version} says what it is for, in and out"


def limits(found: Artefacts) -> Said:
    """What it must not process."""
    contract = needed(found.contract)
    if not contract.out_of_scope:
        return False, "the contract names nothing that must not be processed"
    named = ", ".join(sorted(contract.out_of_scope))
    return True, f"values of {named} that must not be processed are named"


def costs(found: Artefacts) -> Said:
    """What errors cost."""
    contract = needed(found.contract)
    costs = contract.costs
    return True, (f"a wrong answer that proceeds costs {costs.wrong_proceed:g} {costs.currency}, "
                  f"a review {costs.review:g}")  # fmt: skip


def oversight(found: Artefacts) -> Said:
    """Cases that a person or a stronger tier gets."""
    rows = found.rows["candidate"]
    if erased := _erased(found):
        return False, erased
    held = sum(case.decision.action != "proceed" for case in rows)
    if not held:
        return False, f"of {len(rows)} gold cases none went to a person"
    return True, f"of {len(rows)} gold cases {held} went to a person or a stronger tier"


def service(found: Artefacts) -> Said:
    """How long callers wait."""
    contract, card = needed(found.contract), needed(found.scorecard)
    if other := _not_again(found):
        return False, other
    waited = card.models["candidate"].latency_ms if "candidate" in card.models else {}
    if "p95" not in waited:
        return False, "no waiting time was measured"
    asked = contract.slo.p95_ms
    return True, f"95 % answered within {waited['p95']:,.0f} ms, {asked:,.0f} ms are asked"


def measured(found: Artefacts) -> Said:
    """How good it is, computed again."""
    card = needed(found.scorecard)
    if other := _not_again(found):
        return False, other
    metrics = card.models["candidate"].metrics
    bounded = [m for m in metrics.values() if m.low is not None and m.high is not None]
    if not bounded:
        return False, "no number has an interval"
    return True, (f"{len(metrics)} metrics on {card.gold_cases:,} gold cases, {len(bounded)} with "
                  "95 % intervals, computed again from the rows")  # fmt: skip


def fields_measured(found: Artefacts) -> Said:
    """How good each field is."""
    card = needed(found.scorecard)
    fields = card.models["candidate"].fields if "candidate" in card.models else {}
    if not fields:
        return False, "no field was measured by itself"
    if erased := _erased(found):
        return False, erased
    if not fields_recomputed(found):
        return False, f"{len(fields)} fields, not computed again: gold was not at hand"
    return True, f"precision, recall and F1 of {len(fields)} fields"


def slices_measured(found: Artefacts) -> Said:
    """How good it is for each slice value."""
    card = needed(found.scorecard)
    if other := _not_again(found):
        return False, other
    slices = card.models["candidate"].slices if "candidate" in card.models else {}
    if not slices:
        return False, "the contract names no slices"
    values = sum(len(values) for values in slices.values())
    return True, f"values measured apart: {values}, of {', '.join(sorted(slices))}"


def against(model: str, name: str) -> Callable[[Artefacts], Said]:
    """That another model answered the same gold set."""

    def decide(found: Artefacts) -> Said:
        if model not in recomputed_models(found):
            return False, f"the {name} was not measured on the same gold set"
        return True, f"the {name} answered the same {len(found.rows[model]):,} gold cases"

    return decide


def _erased(found: Artefacts) -> str:
    """That the candidate's rows lack cases, in words; empty where they do not."""
    if count := found.erased_from("candidate"):
        return f"cases erased: {count}; its numbers no longer follow from its rows"
    return ""


def _not_again(found: Artefacts) -> str:
    """Why the candidate's numbers are not computed again; empty where they are."""
    if erased := _erased(found):
        return erased
    if "candidate" not in recomputed_models(found):
        return "the scorecard says nothing of the candidate"
    return ""


def passed(found: Artefacts) -> Said:
    """What the gate said, without a waiver."""
    verdict = needed(found.verdict)
    passed = [check for check in verdict.checks if check.status == "PASS"]
    waived = [check.id for check in passed if check.waived]
    if verdict.status != "PASS" or not passed:
        return False, f"the gate says {verdict.status}"
    if waived:
        return False, f"{len(waived)} checks pass by a waiver alone"
    idle = len(verdict.checks) - len(passed)
    return True, f"PASS: {len(passed)} checks, {idle} more had nothing to compare with"


def asked_of_it(found: Artefacts) -> Said:
    """What was asked, by a policy with a digest."""
    verdict = needed(found.verdict)
    if not verdict.checks or "policy" not in verdict.evidence:
        return False, "the verdict names no policy"
    return True, f"{len(verdict.checks)} go/no-go checks, the policy by its digest"


def looks(found: Artefacts) -> Said:
    """That looks at gold are counted."""
    verdict = needed(found.verdict)
    if verdict.look is None:
        return False, "how often gold was looked at is not known"
    return True, "looks at gold are counted, and the error is shared among them"


def certified(found: Artefacts) -> Said:
    """The threshold, certified anew."""
    made = found.calibration
    if count := found.erased_from("calibration"):
        return False, f"cases erased: {count}; the threshold no longer follows from its rows"
    if made is None:
        return False, "its calibration is of before all its numbers were kept"
    if not made.certified or made.threshold is None:
        return False, "no threshold could be certified: nothing proceeds"
    return True, (f"at most {made.max_selective_risk:.3g} wrong among those that proceed, with "
                  f"{made.confidence:.3g} confidence, from {made.threshold:.4f} on; computed "
                  "again from the rows")  # fmt: skip


def carded(found: Artefacts) -> Said:
    """A card for readers."""
    text = (found.folder / RELEASE / "card.md").read_text(encoding="utf-8")
    parts = len(re.findall(r"(?m)^## ", text))
    return bool(parts), f"a model card of {parts} sections"
