"""Drops cases whose target speaks to a model: orders, chat markup, or links that run code.

Training on such a target teaches to say it. Only targets are read, and of them only what the
schema leaves free: inputs may well hold injections, and a model has to see them to learn to pass
them by. What an everyday answer says ("please ignore the previous invoice", "I forget the
instructions for my meds") is left alone: an order has to be about a model's instructions, a prompt
or what stands above. English, German, French and Spanish.

Sources: OWASP LLM01:2025 (prompt injection); the chat markup is that of the common templates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dslm.curation.filters.hidden_text import texts_in
from dslm.curation.ledger import Drop
from dslm.records import Case

_ORDERS = (
    r"(?:ignor\w*|disregard\w*|forget|overrid\w*|bypass)\s+(?:(?:any|every|each|of|the|these|those)"
    r"\s+){0,3}(?:(?:all|your|previous|prior|earlier|preceding|above|system|safety|original)\s+"
    r"(?:of\s+)?(?:the\s+|your\s+|these\s+)?){1,4}"
    r"(?:instructions?|prompts?|directives?|guidelines|system\s+messages?)",
    r"(?:ignore|disregard|forget)\s+(?:everything|anything|all|the|what(?:ever)?)"
    r"(?:\s+(?:\w+\s+){0,3}?)?\s*(?:above|before\s+this)\s*(?:$|[.,;:!?\n]|and\b|then\b|instead\b)",
    r"(?:reveal|print|show|repeat|output|leak|disclose)\s+(?:\w+\s+){0,2}?"
    r"(?:system|initial|hidden|secret)\s+(?:prompt|instructions?|message)",
    r"(?:new|updated|revised)\s+(?:system\s+)?instructions?\s*:",
    r"you\s+are\s+now\s+(?:(?:a|an|the)\s+\w*\s*(?:ai|assistant|model|bot|chatbot)\b|in\s+\w+\s+mode"
    r"|dan\b|jailbroken|unrestricted)",
    r"from\s+now\s+on,?\s+(?:you\s+(?:must|will|shall|are)|always\s+(?:answer|reply|respond))",
    r"ignorier\w*\s+(?:(?:alle|die|diese|sämtliche|bisherigen?|vorherigen?|obigen?)\s+){1,3}"
    r"(?:anweisung\w*|instruktion\w*|prompts?|vorgaben)",
    r"vergiss\s+(?:alle\s+|alles\s+|die\s+)?(?:obige\w*|vorherige\w*|bisherige\w*)\s*"
    r"(?:$|anweisung\w*|instruktion\w*)",
    r"(?:ignore[zr]?|oublie[zr]?)\s+(?:(?:toutes?|tous|les|vos|tes|ces)\s+){1,3}"
    r"(?:(?:instructions|consignes|directives)|précédentes\s+instructions)",
    r"(?:ignor[ae]|olvid[ae])\s+(?:(?:todas?|las|los|tus|sus|estas|anteriores)\s+){1,3}"
    r"(?:instrucciones|indicaciones)",
)
_MARKUP = (
    r"<\|[\w ]{2,40}\|>",
    r"</?\s*(?:system|assistant|instructions?|prompt|start_of_turn|end_of_turn|tool_call|"
    r"function_calls?|think)\b[^<>]{0,80}>",
    r"\[/?INST\]|<<\s*/?SYS\s*>>",
    r"(?:^|\n)\s*#{2,}\s*(?:system|instructions?|assistant|response)\b\s*:?",
    r"(?:^|\n)\s*system\s*:\s*you\s+(?:are|must|will)\b",
)
_RUNNING = (
    r"<\s*/?\s*(?:script|iframe|object|embed|svg|meta|base|form)\b[^<]{0,400}>?",
    r"<[a-z][^<>]{0,400}\bon[a-z]{3,20}\s*=",
    r"(?:java|vb)script\s*:\s*\S",
    r"data\s*:\s*(?:text/html|image/svg\+xml|application/(?:x-)?javascript)",
    r"%3c\s*(?:script|iframe|svg)",
    r"!\[[^\]]{0,200}\]\(\s*https?:",  # an image that is fetched when shown: data leaves by its URL
)
_INSTRUCTED = re.compile("|".join(
    [rf"\b(?:{order})" for order in _ORDERS] + [rf"(?:{sign})" for sign in (*_MARKUP, *_RUNNING)]
), re.IGNORECASE)  # fmt: skip


def instructs(text: str) -> bool:
    """Whether a text holds an order to a model, chat markup, or markup that runs."""
    return _INSTRUCTED.search(text) is not None


def instructed_target(cases: Sequence[Case], fields: Sequence[str]) -> list[Drop]:
    """The cases with such a text in one of some fields of the target, each with the first."""
    drops = []
    for case in cases:
        target = case.target or {}
        faulty = (f for f in fields if any(instructs(t) for t in texts_in(target.get(f))))
        if field := next(faulty, None):
            drops.append(Drop(id=case.id, reason=f"instructed_target:{field}"))
    return drops
