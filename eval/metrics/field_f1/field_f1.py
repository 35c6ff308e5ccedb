"""F1 of every output field, under a workflow's contract: HF `evaluate` form.

`evaluate.load("eval/metrics/field_f1")`; thin over `dslm.scoring.field_scores`. Loaded by local
path, never from a hub.
"""

from pathlib import Path

import datasets
import evaluate

from dslm.contract import load_contract
from dslm.contract.answers.canonical_answer import parse
from dslm.contract.answers.field_equality import wrong_fields
from dslm.scoring.field_scores import Answered, field_score
from dslm.scoring.intervals import numbered

_DESCRIPTION = "F1 of non-null values, by output field, under the contract's comparators."
_INPUTS = """
Args:
    predictions: what the model wrote, one JSON text a case.
    references: the right objects, one JSON text a case.
    groups: what cases are not independent in (supplier, document); the case's id if nothing is.
    contract: path of `data/<workflow>/workflow.yaml`.
Returns:
    field → F1; None where neither answers nor gold have a value.
"""


class FieldF1(evaluate.Metric):
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
    ) -> dict[str, float | None]:
        agreed = load_contract(Path(contract))
        answers = []
        for written, gold, group in zip(predictions, references, groups, strict=True):
            target, answer = parse(agreed, gold), parse(agreed, written)
            if target is None:
                raise ValueError(f"a reference that the contract's schema refuses: {gold[:80]}")
            answers.append(Answered(answer, target, wrong_fields(agreed, answer, target), group))
        groups = numbered([one.group for one in answers])
        return {field: field_score(field, answers, groups).f1.value for field in agreed.fields}
