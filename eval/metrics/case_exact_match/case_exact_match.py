"""Share of answers with every field right, under a workflow's contract: HF `evaluate` form.

`evaluate.load("eval/metrics/case_exact_match")`; thin over `dslm.scoring`, so that a notebook or a
trainer's callback gets the scorecard's number. Loaded by local path, never from a hub.
"""

from pathlib import Path

import datasets
import evaluate

from dslm.contract import load_contract
from dslm.contract.answers.canonical_answer import parse
from dslm.contract.answers.field_equality import wrong_fields
from dslm.scoring.intervals import ints, share_metric

_DESCRIPTION = "Share of cases whose answer has every field right under the contract's comparators."
_INPUTS = """
Args:
    predictions: what the model wrote, one JSON text a case.
    references: the right objects, one JSON text a case.
    groups: what cases are not independent in (supplier, document); the case's id if nothing is.
    contract: path of `data/<workflow>/workflow.yaml`.
Returns:
    case_exact_match with the ends low and high of its 95 % interval between groups, and n.
"""


class CaseExactMatch(evaluate.Metric):
    """The metric."""

    def _info(self) -> evaluate.MetricInfo:
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_INPUTS,
            features=datasets.Features({"predictions": text, "references": text, "groups": text}),
        )

    def _compute(
        self, predictions: list[str], references: list[str], groups: list[str], contract: str
    ) -> dict[str, float | int | None]:
        agreed = load_contract(Path(contract))
        right = []
        for written, gold in zip(predictions, references, strict=True):
            target = parse(agreed, gold)
            if target is None:
                raise ValueError(f"a reference that the contract's schema refuses: {gold[:80]}")
            right.append(int(not wrong_fields(agreed, parse(agreed, written), target)))
        found = share_metric(ints(right), ints([1] * len(right)), groups)
        return {"case_exact_match": found.value, "low": found.low, "high": found.high, "n": found.n}
