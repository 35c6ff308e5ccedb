"""What can be shown of a release, one claim at a time, each decided by artefacts that are there.

Takes the artefacts of a dossier; gives for each claim whether it holds, in words with numbers, or
what is lacking. `control_map.yaml` names these claims; `control_map` decides the map by them. A
claim needs all the artefacts it names: without one of them it does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.claims.data_claims import (
    curated,
    gold_size,
    leakage,
    origin,
    personal,
    repeats,
)
from dslm.releasing.dossier.claims.decision_claims import (
    approved,
    drilled,
    journaled,
    move_stated,
    policy_asks,
    recorded,
    signed,
    way_back,
)
from dslm.releasing.dossier.claims.origin_claims import (
    bill_of_parts,
    made_from,
    packages,
    stated_training,
    stated_verdict,
    trained,
)  # fmt: skip
from dslm.releasing.dossier.claims.quality_claims import (
    against,
    asked_of_it,
    carded,
    certified,
    costs,
    fields_measured,
    limits,
    looks,
    measured,
    oversight,
    passed,
    purpose,
    service,
    slices_measured,
)
from dslm.releasing.dossier.dossier_contents import APPROVALS, DRILL, JOURNAL, POLICY, PROMOTION

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


def place(name: str) -> str:
    """Where an artefact lies, for readers."""
    return f"{ARTEFACTS[name]} (in the release)" if name in LISTED else ARTEFACTS[name]


@dataclass(frozen=True)
class Claim:
    """One thing to be shown: in words, by which artefacts, and how they decide it."""

    title: str
    of: tuple[str, ...]
    decide: Callable[[Artefacts], Said]


def said_of(found: Artefacts, claim: Claim) -> Said:
    """Whether a claim holds, and what is to be said of it."""
    if lacking := [name for name in claim.of if not has(found, name)]:
        return False, f"not there: {', '.join(lacking)}"
    return claim.decide(found)


CLAIMS: Mapping[str, Claim] = {
    "purpose": Claim("what it is for", ("contract",), purpose),
    "limits": Claim("what it must not be used for", ("contract",), limits),
    "costs": Claim("what errors cost", ("contract",), costs),
    "oversight": Claim("where a person decides", ("contract", "rows of the candidate"), oversight),
    "service": Claim("how long callers wait", ("contract", "scorecard", "rows of the candidate"),
                     service),
    "data origin": Claim("where the data is from", ("contract", "data card"), origin),
    "data curated": Claim("what was dropped, and why", ("data card",), curated),
    "repeats removed": Claim("repeated cases removed", ("contract", "data card"), repeats),
    "no leakage": Claim("gold kept out of training", ("data card",), leakage),
    "personal data": Claim("personal data looked for", ("contract", "data card"), personal),
    "gold size": Claim("what gold can show", ("data card",), gold_size),
    "base named": Claim("which base model", ("recipe", "bill of materials"), bill_of_parts),
    "training": Claim("how it was trained",
                      ("recipe", "training summary", "adapter settings"), trained),
    "lineage": Claim("what it was made from", ("evidence of answers",), made_from),
    "packages": Claim("which packages", ("lock file", "bill of materials"), packages),
    "model card": Claim("a card for readers", ("model card",), carded),
    "measured": Claim("how good it is", ("contract", "scorecard", "rows of the candidate"),
                      measured),
    "fields": Claim("how good each field is", ("contract", "scorecard", "rows of the candidate"),
                    fields_measured),
    "slices": Claim("how good it is for each group",
                    ("contract", "scorecard", "rows of the candidate"), slices_measured),
    "against base": Claim("compared with the base", ("contract", "scorecard", "rows of the base"),
                          against("base", "base model")),
    "against champion": Claim("compared with what served",
                              ("contract", "scorecard", "rows of the champion"),
                              against("champion", "champion")),
    "gate passed": Claim("what the gate said", ("verdict",), passed),
    "thresholds": Claim("what was asked of it", ("verdict", "terms"), asked_of_it),
    "looks": Claim("looks at gold counted", ("verdict",), looks),
    "threshold certified": Claim("from when an answer proceeds",
                                 ("contract", "calibration", "rows of the calibration"),
                                 certified),
    "signed": Claim("who signed it", ("signature",), signed),
    "verdict stated": Claim("the verdict is signed and dated", ("statement of the verdict",),
                            stated_verdict),
    "training stated": Claim("its making is signed", ("statement of training",), stated_training),
    "recorded answers": Claim("answers to be given again", ("recorded answers", "smoke case"),
                              recorded),
    "journal": Claim("who made it champion, and why", ("journal",), journaled),
    "way back": Claim("a release to go back to", ("journal",), way_back),
    "move stated": Claim("the move is signed", ("statement of the move",), move_stated),
    "policy": Claim("what the release policy asks", ("release policy",), policy_asks),
    "approved": Claim("who approved it", ("approvals", "journal"), approved),
    "drilled": Claim("going back was drilled", ("drill",), drilled),
}  # fmt: skip
