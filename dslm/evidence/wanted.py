"""What the evidence of each model of a run has to say, key by key.

Takes what lies there now, for the candidate; gives the same for all models whose answers a verdict
rests on. Pure; called by the gate, for the working tree and for a release's own files.
"""

from __future__ import annotations

from collections.abc import Mapping

from dslm.contract.deciding import ALWAYS, NEVER
from dslm.evidence.calibration import MODEL
from dslm.evidence.champion import ChampionRelease
from dslm.evidence.record import NONE, Evidence, Model, release_digest


def wanted(
    candidate: Mapping[str, str],
    recorded: Mapping[Model, Evidence],
    champion: ChampionRelease | None,
    calibration_cases: str | None,
    workflow: str,
    anchor: ChampionRelease | None = None,
) -> dict[Model, dict[str, str]]:
    """Every key but the engine's, for each model that has answered.

    Args:
        candidate: What its evidence has to say.
        recorded: The evidence of each model's answers.
        champion: What the champion's release says of itself, where one has answered.
        calibration_cases: Digest of the calibration split; None where it is not at hand.
        workflow: Whose run it is.
        anchor: What the anchor release says of itself, where it has answered.
    """
    split = calibration_cases or recorded["calibration"].calibration_cases
    found: dict[Model, dict[str, str]] = {
        "candidate": dict(candidate),
        "base": {
            **candidate, "model": "base", "adapter": NONE, "recipe": NONE, "calibration": NONE,
            "threshold": str(ALWAYS),
        },
        "calibration": {
            **candidate, "model": "calibration", "gold": NONE, "calibration": NONE,
            "calibration_cases": split, "threshold": str(NEVER),
        },
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
