"""A run of a made-up workflow, built by hand: what the tests of reports and pages look at.

Seeded and without a model: the candidate is good and sure of itself where it is right, the base is
neither. Intervals are Wilson's, close enough to those of a real scorecard to look at.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from dslm.contract import Contract
from dslm.records import (
    Baseline,
    Case,
    Check,
    Decision,
    FieldScore,
    Metric,
    ModelScore,
    Outcome,
    OutcomeKind,
    Prediction,
    Row,
    Scorecard,
    Verdict,
)
from dslm.reporting.run_report.report_data import ReportData
from dslm.scoring.all_to_a_person import person_metrics

FIELDS = ("kind", "supplier", "number", "date", "net", "total")
NULLABLE = {"type": ["string", "null"]}
CONTRACT = Contract.model_validate(
    {
        "name": "invoice_intake",
        "version": 3,
        "summary": "Supplier mails and OCR text become a payable invoice, or a reason not to pay.",
        "task": "Extract the payable invoice.",
        "output": {
            "type": "object",
            "additionalProperties": False,
            "required": list(FIELDS),
            "properties": {"kind": {"enum": ["invoice", "credit_note", "other"]}}
            | dict.fromkeys(FIELDS[1:], NULLABLE),
        },
        "compare": {"total": {"as": "decimal", "tolerance": 0}},
        "rules": [
            {
                "id": "adds_up",
                "expr": "true",
                "breach": "escalate",
                "means": "Net plus tax is not the total; somebody has to ask the supplier.",
                "examples": {"pass": {"output": {}}, "fail": {"output": {}}},
            }
        ],
        "grounded": ["supplier", "number", "total"],
        "out_of_scope": {"kind": ["other"]},
        "decision": {"max_selective_risk": 0.05, "confidence": 0.9},
        "costs": {
            "currency": "EUR",
            "wrong_proceed": 45.0,
            "by_field": {"total": 120.0, "supplier": 25.0},
            "review": 3.2,
            "escalation": 5.5,
        },
        "slo": {"p95_ms": 4000, "p99_ms": 8000},
        "slices": ["language", "channel"],
        "data": {"sources": [{"path": "s/*.jsonl", "licence": "CC0-1.0", "origin": "tests"}]},
    }
)
THRESHOLD = 0.82
SUPPLIERS = ("Nordwind GmbH", "Pine & Bell", "Cabinet Valois", "Müller & Söhne KG", "O’Hara Ltd")
TEXTS = {
    "en": "Dear accounts team,\n{supplier} sends invoice {number} dated {date}. "
    "Net amount {net}, total due {total} EUR. Please pay within {days} days to {iban}.",
    "de": "Sehr geehrte Damen und Herren,\nanbei Rechnung {number} vom {date} der {supplier}.\n"
    "Netto {net}, Gesamtbetrag {total} EUR, zahlbar in {days} Tagen auf {iban}.",
    "fr": "Bonjour,\nveuillez trouver la facture {number} du {date}, {supplier}.\n"
    "Montant HT {net}, total TTC {total} EUR, à régler sous {days} jours : {iban}.",
}


def digest(text: str) -> str:
    """A digest that stands for something."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def wilson(hits: float, n: int) -> Metric:
    """A share with Wilson's 95 % interval."""
    if n == 0:
        return Metric(value=None, low=None, high=None, n=0)
    z, p = 1.96, hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Metric(value=p, low=max(0.0, min(p, middle - half)), high=min(1.0, middle + half), n=n)


def mean(values: Sequence[float]) -> Metric:
    """A mean with its normal 95 % interval."""
    n = len(values)
    if n == 0:
        return Metric(value=None, low=None, high=None, n=0)
    m = sum(values) / n
    half = 1.96 * math.sqrt(sum((v - m) ** 2 for v in values) / n / n)
    return Metric(value=m, low=m - half, high=m + half, n=n)


def make_case(place: int, draw: random.Random) -> Case:
    """One labelled case; every eighth is a message that is no invoice."""
    language = draw.choices(("en", "de", "fr"), (5, 3, 1))[0]
    meta = {"language": language, "channel": draw.choice(("mail", "ocr"))}
    case_id = f"gold-{place:04d}"
    if place % 8 == 7:
        number, day = draw.randrange(10**6), draw.randrange(1, 28)
        text = f"Reminder: your subscription {number} ends on {day} May."
        return Case(id=case_id, input=text, meta=meta,
                    target={"kind": "other"} | dict.fromkeys(FIELDS[1:]))  # fmt: skip
    net = draw.randrange(1000, 900000) / 100
    values: dict[str, Any] = {
        "kind": "invoice" if place % 8 else "credit_note",
        "supplier": draw.choice(SUPPLIERS),
        "number": f"R-{draw.randrange(10**5):05d}",
        "date": f"2025-{draw.randrange(1, 13):02d}-{draw.randrange(1, 28):02d}",
        "net": f"{net:.2f}",
        "total": f"{net * 1.19:.2f}",
    }
    iban = f"DE{draw.randrange(10**19, 10**20)}"
    text = TEXTS[language].format(**values, days=draw.choice((10, 14, 30)), iban=iban)
    return Case(id=case_id, input=text, target=values, meta=meta)


def answer_to(case: Case, skill: float, draw: random.Random) -> tuple[dict[str, Any] | None, float]:
    """An answer of a model that is right with probability `skill`, and how sure it is."""
    target = dict(case.target or {})
    if draw.random() < skill:
        return target, min(0.999, draw.betavariate(9, 1))
    if draw.random() < 0.06:
        return None, draw.betavariate(2, 4)
    for field in draw.sample(FIELDS[1:], draw.choice((1, 1, 1, 2, 3))):
        target[field] = f"{draw.randrange(10**4)}.00" if draw.random() < 0.7 else None
    if draw.random() < 0.1:
        target["kind"] = "invoice" if target["kind"] == "other" else "other"
    return target, draw.betavariate(4, 2)


def judge(case: Case, answer: dict[str, Any] | None, confidence: float) -> tuple[Decision, Outcome]:
    """Decision and outcome as the contract prices them."""
    target = case.target or {}
    wrong = FIELDS if answer is None else tuple(f for f in FIELDS if answer[f] != target[f])
    reasons = ["length"] if answer is None else []
    if answer is not None and answer["kind"] == "other":
        reasons.append("out_of_scope")
    if answer is not None and {"net", "total"} & set(wrong) and len(wrong) > 1:
        reasons.append("rule:adds_up")
    if answer is not None and confidence < THRESHOLD:
        reasons.append("low_confidence")
    escalates = bool({"length", "rule:adds_up"} & set(reasons))
    action: Any = "escalate" if escalates else "abstain" if reasons else "proceed"
    held: OutcomeKind = "rightly_held" if target["kind"] == "other" else "held_back"
    if reasons:
        cost = CONTRACT.costs.escalation if escalates else CONTRACT.costs.review
        outcome = Outcome(kind=held, exact=not wrong, wrong_fields=wrong, cost=cost)
    elif wrong:
        dearest = max(CONTRACT.costs.by_field.get(f, CONTRACT.costs.wrong_proceed) for f in wrong)
        outcome = Outcome(kind="wrong_proceed", exact=False, wrong_fields=wrong, cost=dearest)
    else:
        outcome = Outcome(kind="straight_through", exact=True, cost=0.0)
    return Decision(action=action, reasons=tuple(reasons)), outcome


def make_rows(cases: Sequence[Case], skill: float, seed: int) -> tuple[Row, ...]:
    """One row a case."""
    draw = random.Random(seed)
    rows = []
    for case in cases:
        answer, confidence = answer_to(case, skill, draw)
        decision, outcome = judge(case, answer, confidence)
        text = '{"kind":"invoice","supplier":"Nord' if answer is None else str(answer)
        prediction = Prediction(
            object=answer, text=text, confidence=confidence,
            field_confidence={f: round(confidence ** draw.random(), 4) for f in FIELDS},
            finish_reason="length" if answer is None else "stop",
            prompt_tokens=80, answer_tokens=48, latency_ms=draw.uniform(400, 5200),
        )  # fmt: skip
        rows.append(Row(id=case.id, group=case.id, slices=case.meta, prediction=prediction,
                        decision=decision, outcome=outcome))  # fmt: skip
    return tuple(rows)


def metrics_of(rows: Sequence[Row]) -> dict[str, Metric]:
    """The metrics of some rows."""
    went = [row for row in rows if row.decision.action == "proceed"]
    right = sum(row.outcome.kind == "straight_through" for row in rows)
    return {
        "straight_through_rate": wilson(right, len(rows)),
        "coverage": wilson(len(went), len(rows)),
        "selective_risk": wilson(sum(not row.outcome.exact for row in went), len(went)),
        "case_exact_match": wilson(sum(row.outcome.exact for row in rows), len(rows)),
        "cost_per_case": mean([row.outcome.cost for row in rows]),
        "schema_valid_rate": wilson(sum(r.prediction.object is not None for r in rows), len(rows)),
    }


def score_of(rows: Sequence[Row]) -> ModelScore:
    """All aggregates of one model."""
    right = {f: sum(f not in row.outcome.wrong_fields for row in rows) for f in FIELDS}
    score = {f: wilson(right[f], len(rows)) for f in FIELDS}
    waits = sorted(row.prediction.latency_ms for row in rows)
    slices: dict[str, dict[str, dict[str, Metric]]] = {}
    for name in ("language", "channel"):
        values = sorted({row.slices[name] for row in rows})
        slices[name] = {v: metrics_of([r for r in rows if r.slices[name] == v]) for v in values}
    return ModelScore(
        metrics=metrics_of(rows),
        fields={f: FieldScore(precision=m, recall=m, f1=m, accuracy=m) for f, m in score.items()},
        slices=slices,
        latency_ms={f"p{q}": waits[len(waits) * q // 100] for q in (50, 95, 99) if waits},
        outcomes=dict(Counter(row.outcome.kind for row in rows)),
    )


EVIDENCE = {n: digest(n) for n in ("adapter", "base", "contract", "gold", "recipe", "data")}
CHECKS = (
    Check(id="schema_valid", metric="schema_valid_rate", status="PASS", asked="at least 98 %",
          seen="99.5 % (97.2 to 99.9 %)", why="The bound lies below the interval's middle."),
    Check(id="risk", metric="selective_risk", status="FAIL", asked="at most 5 % at 90 %",
          seen="6.4 % (3.4 to 11.9 %)", why="Selective risk is above the contract's bound."),
    Check(id="beats_champion", metric="case_exact_match", status="INCONCLUSIVE",
          asked="at most 2 points below release 4", seen="−0.5 points (−4.1 to 3.2)",
          why="The interval holds the margin.", needed_cases=770),
)  # fmt: skip


def verdict_of(status: Any, **changes: Any) -> Verdict:
    """A verdict of the wanted status, with checks that fit it."""
    unfit = {"PASS": ("FAIL", "INCONCLUSIVE"), "INCONCLUSIVE": ("FAIL",), "FAIL": ()}[status]
    checks = tuple(check for check in CHECKS if check.status not in unfit)
    baseline = Baseline(version=4, digest=digest("v4"))
    fields = {"workflow": CONTRACT.name, "status": status, "checks": checks,
              "baseline": baseline, "evidence": EVIDENCE}  # fmt: skip
    return Verdict.model_validate(fields | changes)


def make_run(cases: int = 200, *, status: Any = "FAIL", gold: Sequence[Case] = ()) -> ReportData:
    """A whole run of so many cases, or of the given ones."""
    draw = random.Random(5)
    labelled = tuple(gold) or tuple(make_case(place, draw) for place in range(cases))
    rows = {
        "candidate": make_rows(labelled, 0.9, 11),
        "base": make_rows(labelled, 0.25, 12),
        "champion": make_rows(labelled, 0.86, 13),
    }
    scorecard = Scorecard(
        workflow=CONTRACT.name, gold_cases=len(labelled), currency="EUR", threshold=THRESHOLD,
        models={model: score_of(held) for model, held in rows.items()}, evidence=EVIDENCE,
    )  # fmt: skip
    return ReportData(
        contract=CONTRACT, scorecard=scorecard, verdict=status and verdict_of(status), rows=rows,
        gold=labelled, person=person_metrics(CONTRACT, labelled),
        calibration={"threshold": THRESHOLD, "method": "learn-then-test", "cases": 180, "wrong": 3},
        ledger={"read": 1100, "kept": 1012, "dropped": {"exact_duplicate": 61, "near_gold": 27}},
        training={"steps": 186, "train_loss": 0.0412, "validation_loss": 0.0533, "seconds": 566.2},
        where={"Report": "artifacts/invoice_intake/report.html",
               "Rows": "artifacts/invoice_intake/scores/candidate/rows.jsonl"},
    )  # fmt: skip
