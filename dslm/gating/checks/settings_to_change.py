"""Which setting moves a metric, and where it stands: the next step of a check that did not pass.

Takes a check's metric; gives words that name file and key. A knob is named beside the data, never
instead of it: the worst cases come first. Used by the pull-request comment and `dslm gate`.
"""

from __future__ import annotations

from dslm.records import Verdict

_CUT = (
    "an answer that is cut is no valid answer: raise `inference.max_answer_tokens` in "
    "{recipe} where truncation_rate is above 0 (`dslm check {workflow}` names the least value "
    "that fits every label)"
)
_LEARN = (
    "`training.epochs`, `training.learning_rate` and `lora.r` in {recipe}, or another recipe there"
)
_PROCEED = (
    "`decision.max_selective_risk` and `decision.confidence` in `data/{workflow}/workflow.yaml` "
    "set the threshold; `rules` and `grounded` there hold answers back too"
)
_COSTS = (
    "`costs` in `data/{workflow}/workflow.yaml` says what each outcome costs; "
    "`decision.max_selective_risk` there how many proceed"
)
KNOBS = {
    "schema_valid_rate": _CUT,
    "truncation_rate": _CUT,
    "case_exact_match": _LEARN,
    "straight_through_rate": _PROCEED,
    "coverage": _PROCEED,
    "held_back_rate": _PROCEED,
    "selective_risk": _PROCEED,
    "cost_per_case": _COSTS,
}


def first_knob(verdict: Verdict, metric: str) -> str:
    """The settings that move one metric, as plain text; empty where it has none."""
    words = KNOBS.get(metric, "")
    return words.format(workflow=verdict.workflow, recipe=_recipe(verdict)).replace("`", "")


def _recipe(verdict: Verdict) -> str:
    return f"the recipe that `params.yaml` names for {verdict.workflow}"


def knobs(verdict: Verdict) -> list[str]:
    """One line a knob, with all the checks that it would move, in the order of the verdict."""
    found: dict[str, list[str]] = {}
    for check in verdict.checks:
        if check.status in ("FAIL", "INCONCLUSIVE") and check.metric in KNOBS:
            found.setdefault(KNOBS[check.metric], []).append(check.id)
    recipe = _recipe(verdict)
    return [
        f"{', '.join(ids)}: {words.format(workflow=verdict.workflow, recipe=recipe)}; what is "
        f"asked stands under {'its id' if len(ids) == 1 else 'their ids'} in "
        f"`eval/{verdict.workflow}/gate.yaml`."
        for words, ids in found.items()
    ]
