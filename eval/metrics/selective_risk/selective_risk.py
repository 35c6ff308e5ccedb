"""Share of wrong cases among those that proceed, and coverage: HF `evaluate` form.

`evaluate.load("eval/metrics/selective_risk")`; thin over `dslm.contract` and `dslm.scoring`, so the
whole decision (rules, grounding, scope, threshold) is the one that is served. Loaded by local path,
never from a hub.
"""

from pathlib import Path

import datasets
import evaluate

from dslm.contract import load_contract
from dslm.contract.answers.canonical_answer import parse
from dslm.records import Case, Prediction
from dslm.scoring.metrics import measured
from dslm.scoring.rows.scored_rows import make_rows

_DESCRIPTION = "Share of wrong cases among those that proceed, and the share that proceeds."
_INPUTS = """
Args:
    predictions: what the model wrote, one JSON text a case.
    references: the right objects, one JSON text a case.
    inputs: what was answered, for rules and grounding.
    confidences: of each answer.
    contract: path of `data/<workflow>/workflow.yaml`.
    threshold: confidence from which an answer may proceed.
Returns:
    selective_risk (None where nothing proceeds) with its exact 95 % interval, and coverage.
"""


def _prediction(written: str, answer: dict[str, object] | None, confidence: float) -> Prediction:
    return Prediction(
        object=answer,
        text=written,
        confidence=confidence,
        finish_reason="stop",
        prompt_tokens=0,
        answer_tokens=0,
        latency_ms=0.0,
    )


class SelectiveRisk(evaluate.Metric):
    """The metric."""

    def _info(self) -> evaluate.MetricInfo:
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_INPUTS,
            features=datasets.Features(
                {
                    "predictions": text,
                    "references": text,
                    "inputs": text,
                    "confidences": datasets.Value("float64"),
                }
            ),
        )

    def _compute(
        self,
        predictions: list[str],
        references: list[str],
        inputs: list[str],
        confidences: list[float],
        contract: str,
        threshold: float,
    ) -> dict[str, float | None]:
        agreed = load_contract(Path(contract))
        cases = []
        for number, (given, gold) in enumerate(zip(inputs, references, strict=True)):
            target = parse(agreed, gold)
            if target is None:
                raise ValueError(f"a reference that the contract's schema refuses: {gold[:80]}")
            cases.append(Case(id=str(number), input=given, target=target))
        answers = [
            _prediction(written, parse(agreed, written), confidence)
            for written, confidence in zip(predictions, confidences, strict=True)
        ]
        rows = make_rows(agreed, cases, answers, threshold)
        risk = measured("selective_risk", rows)
        return {
            "selective_risk": risk.value,
            "low": risk.low,
            "high": risk.high,
            "coverage": measured("coverage", rows).value,
        }
