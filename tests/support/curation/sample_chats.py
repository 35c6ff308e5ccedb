"""A made-up workflow that is hard to lay out: chats, nested answers, lists, scripts, long words.

Scored and curated by the library itself, without a model: what the tests of pages look at beside
`sample_run`. Arabic runs from right to left, Chinese has no blanks, one label has 200 characters.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dslm.contract import Contract
from dslm.contract.answers.canonical_answer import canonical_text
from dslm.curation.books.data_card_numbers import make_data_card
from dslm.curation.personal.gold_with_surrogates import gold_with_surrogates
from dslm.data_card import DataCard, Reach
from dslm.records import Case, Prediction
from dslm.reporting.run_report.cases_with_surrogates import cases_with_surrogates
from dslm.reporting.run_report.report_data import ReportData
from dslm.scoring import make_scorecard
from dslm.scoring.rows.scored_rows import make_rows
from support.curation.curated_runs import curated
from support.curation.sample_data_card import REACH
from support.repositories.sample_run import EVIDENCE, verdict_of

LONG_LABEL = ("the_customer_asks_for_a_change_of_the_delivery_address_of_an_order_" * 3)[:200]
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
INTENTS = ["change_address", "cancel_order", "ask_for_refund", LONG_LABEL]
NAMES = ("Esther Fairbeck", "ليلى الحداد", "王小明", "Jean-Baptiste Poquelin-Rochefoucauld")
CHATS = {
    "ar": "العميل: مرحبا، أنا {name}. أريد تغيير عنوان الطلب {order} من فضلك.\n"
          "الموظف: حسنا، ما هو رقم هاتفك؟\nالعميل: {phone}",
    "zh": "客户：你好，我是{name}，请更改订单{order}的地址，谢谢。\n客服：电话？\n客户：{phone}",
    "de": "Kunde: hallo, {name} hier, Bestellung {order}, {word}\nAgent: Telefon?\nKunde: {phone}",
    "en": "customer: hi this is {name}, order {order} please\nagent: your phone?\ncustomer: {phone}"
          "\nagent: thanks. " + "anything else? " * 6,
}  # fmt: skip
TEXT = {"type": ["string", "null"], "maxLength": 200}
FIELDS: dict[str, Any] = {
    "kind": {"enum": ["request", "complaint", LONG_LABEL]},
    "intents": {"type": "array", "items": {"enum": INTENTS}},
    "customer": {"type": "object", "additionalProperties": False, "required": ["name", "phone"],
                 "properties": {"name": TEXT, "phone": TEXT}},
    "orders": {"type": "array", "items": {
        "type": "object", "additionalProperties": False, "required": ["number", "lines"],
        "properties": {"number": TEXT, "lines": {"type": "array", "items": TEXT}}}},
    "a_field_with_a_name_that_nobody_would_want_to_read_in_a_narrow_column": TEXT,
}  # fmt: skip
CONTRACT = Contract.model_validate({
    "name": "chats", "version": 2, "summary": "Chats of four languages become a request.",
    "task": "Extract the request.",
    "output": {"type": "object", "additionalProperties": False, "required": list(FIELDS),
               "properties": FIELDS},
    "compare": {"intents": {"as": "set"}},
    "decision": {"max_selective_risk": 0.1, "confidence": 0.9},
    "costs": {"currency": "EUR", "wrong_proceed": 20.0, "review": 2.0, "escalation": 4.0},
    "slo": {"p95_ms": 4000, "p99_ms": 8000}, "slices": ["language", "channel"],
    "data": {
        "sources": [{"path": "sources/*.jsonl", "licence": "CC0-1.0", "origin": "tests"}],
        "group_by": "caller", "near_duplicate": 1.0,
        "split": {"train": 0.5, "validation": 0.2, "calibration": 0.3},
        "personal": {"mode": "surrogate", "demonstration_key": True, "regions": ["US"],
                     "kinds": ["email", "phone", "name"],
                     "fields": {"target.customer.name": "name", "target.customer.phone": "phone",
                                "target.orders.number": "id"}},
    },
})  # fmt: skip


def make_cases(count: int, prefix: str) -> list[Case]:
    """Labelled chats, every text drawn anew."""
    draw, cases = random.Random(f"chats {prefix}"), []
    for place in range(count):
        language = ("ar", "zh", "de", "en")[place % 4]
        name = NAMES[(place // 4 + place) % 4]
        order, phone = f"HX-{draw.randrange(10**6):06d}", f"(202) 555-01{draw.randrange(100):02d}"
        text = CHATS[language].format(name=name, order=order, phone=phone, word=LONG_WORD)
        target = {
            "kind": ("request", "complaint", LONG_LABEL)[place % 3],
            "intents": [INTENTS[place % 4], *([INTENTS[0]] if place % 7 == 3 else [])][place % 2 :],
            "customer": {"name": name, "phone": phone},
            "orders": [{"number": order, "lines": [LONG_WORD] * (place % 3)}],
            list(FIELDS)[-1]: None if place % 2 else LONG_LABEL,
        }
        meta = {"language": language, "channel": draw.choice(("chat", LONG_LABEL)),
                "caller": f"{prefix} caller {place // 3}"}  # fmt: skip
        text += f"\nno {draw.randrange(10**9)}"
        cases.append(Case(id=f"{prefix}-{place:04d}", input=text, target=target, meta=meta))
    return cases


def answered(cases: Sequence[Case], skill: float) -> list[Prediction]:
    """Answers of a model that is right with probability `skill`."""
    draw, told = random.Random(f"answers {skill}"), []
    for case in cases:
        answer: dict[str, Any] = json.loads(json.dumps(case.target))
        right = draw.random() < skill
        if not right:
            answer["customer"]["name"] = (answer["customer"]["name"] or "x")[:-1]
            answer["intents"] = INTENTS[:2]
        cut = draw.random() < 0.03
        text = canonical_text(CONTRACT, answer)
        told.append(Prediction(
            object=None if cut else answer, text=text[:150] if cut else text,
            confidence=draw.betavariate(9, 1) if right else draw.betavariate(4, 2),
            field_confidence=dict.fromkeys(FIELDS, round(draw.random(), 4)),
            finish_reason="length" if cut else "stop", prompt_tokens=90, answer_tokens=60,
            latency_ms=draw.uniform(300, 5000),
        ))  # fmt: skip
    return told


def make_chats(count: int = 300, *, raw: bool = False) -> ReportData:
    """A scored run, as its page shows it."""
    gold = make_cases(count, "g")
    rows = {
        model: make_rows(CONTRACT, gold, answered(gold, skill), 0.8)
        for model, skill in (("candidate", 0.85), ("base", 0.2))
    }
    card = make_scorecard(CONTRACT, gold, threshold=0.8, rows_by_model=rows, evidence=EVIDENCE)
    run = ReportData(
        contract=CONTRACT, scorecard=card, verdict=verdict_of("FAIL"), gold=tuple(gold),
        rows={model: tuple(held) for model, held in rows.items()},
    )  # fmt: skip
    return cases_with_surrogates(run, gold_with_surrogates(CONTRACT, gold, {}, raw=raw))


def make_chats_card(folder: Path, count: int = 240) -> DataCard:
    """The data card of a whole curation in `folder`."""
    (folder / "sources").mkdir(parents=True)
    lines = [case.model_dump_json() for case in make_cases(count, "s")]
    (folder / "sources" / f"{LONG_LABEL[:120]}.jsonl").write_text("\n".join(lines) + "\n")
    gold = make_cases(60, "g")
    curated(CONTRACT, folder, gold, folder / "out")
    reach = Reach.model_validate(REACH)
    return make_data_card(CONTRACT, folder, folder / "out", gold, {"data": "sha256:1"}, reach)
