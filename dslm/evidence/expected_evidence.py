"""What the evidence of each model of a run has to say, key by key.

Takes what lies there now, for the candidate; gives the same for all models whose answers a verdict
rests on. Pure; called by the gate, for the working tree and for a release's own files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dslm.contract.answers.decision import NEVER
from dslm.evidence.certified_threshold import MODEL
from dslm.evidence.champion_release import ChampionRelease
from dslm.evidence.evidence_record import NONE, Evidence, Model, release_digest


@dataclass(frozen=True)
class BaseThreshold:
    """Confidence from which an answer of the base proceeds, and the digest of what certified it."""

    cutoff: float
    digest: str


def wanted(
    candidate: Mapping[str, str],
    recorded: Mapping[Model, Evidence],
    base: BaseThreshold,
    champion: ChampionRelease | None,
    calibration_cases: str | None,
    workflow: str,
    anchor: ChampionRelease | None = None,
) -> dict[Model, dict[str, str]]:
    """Every key but the engine's, for each model that has answered.

    Args:
        candidate: What its evidence has to say.
        recorded: The evidence of each model's answers.
        base: What the prompt-only base decides by.
        champion: What the champion's release says of itself, where one has answered.
        calibration_cases: Digest of the calibration split; None where it is not at hand.
        workflow: Whose run it is.
        anchor: What the anchor release says of itself, where it has answered.
    """
    split = calibration_cases or recorded["calibration"].calibration_cases
    prompted = {**candidate, "adapter": NONE, "recipe": NONE}
    asked = {"gold": NONE, "calibration": NONE, "calibration_cases": split, "threshold": str(NEVER)}
    found: dict[Model, dict[str, str]] = {
        "candidate": dict(candidate),
        "base": {
            **prompted, "model": "base", "calibration": base.digest,
            "threshold": str(base.cutoff),
        },
        "calibration": {**candidate, "model": "calibration"} | asked,
        "base_calibration": {**prompted, "model": "base_calibration"} | asked,
    }  # fmt: skip
    if champion is not None:
        found["champion"] = _release("champion", candidate, champion, workflow)
    if anchor is not None:
        found["anchor"] = _release("anchor", candidate, anchor, workflow)
    return found


def _release(
    model: Model, candidate: Mapping[str, str], champion: ChampionRelease, workflow: str
) -> dict[str, str]:
    """A release is another model, asked the same cases and judged the same way."""
    own = dict(champion.evidence)
    if "format" not in own:
        own |= {"recipe": champion.recipe, "data": champion.data}
    if own.get("code") != candidate["code"]:
        own["plan"] = champion.plan
    return {
        **candidate,
        **{key: own.get(key, NONE) for key in (*MODEL, "plan", "calibration")},
        "model": model,
        "threshold": str(champion.threshold().cutoff),
        "release": release_digest(workflow, champion.evidence),
    }
