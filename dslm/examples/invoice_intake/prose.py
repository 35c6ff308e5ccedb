"""Writes a bill as running sentences, as people do in short mails.

Takes a supplier, the facts and extra lines, gives one paragraph for `pages.mail_page`. Fields
that the facts do not show are simply not mentioned.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from dslm.examples.invoice_intake import phrases
from dslm.examples.invoice_intake.facts import Facts
from dslm.examples.invoice_intake.formats import date_text, money_text
from dslm.examples.invoice_intake.pages import Line, joined, tax_lines
from dslm.examples.invoice_intake.suppliers import Supplier


def paragraph(rng: random.Random, supplier: Supplier, facts: Facts, extras: Sequence[Line]) -> str:
    """Write opener with number, date and total, then amounts and extras in a random order."""
    opener = _opener(supplier, facts)
    details = [joined(line, " ") for line in tax_lines(rng, supplier, facts)]
    if "net" in facts.shown:
        details.insert(0, f"{supplier.labels['net']} {money_text(facts.net, supplier.money)}")
    sentences = [", ".join(details)] if details else []
    sentences += [joined(line, " ") for line in extras]
    rng.shuffle(sentences)
    if facts.credited:
        link = {"de": "zu Rechnung", "en": "for invoice", "fr": "sur la facture"}
        sentences.insert(0, f"{link[supplier.language]} {facts.credited}")
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in [opener, *sentences])


def _opener(supplier: Supplier, facts: Facts) -> str:
    language = supplier.language
    openers = phrases.offered(phrases.OPENERS[language], unseen=supplier.unseen)
    text = openers[supplier.wording % len(openers)].format(noun=_noun(supplier, facts))
    if "number" in facts.shown:
        text += f" {facts.number}"
    if "date" in facts.shown:
        day = date_text(facts.day, supplier.date_style, language)
        text += phrases.DATED[language].format(date=day)
    if "total" in facts.shown:
        # Beside a net amount the total needs its label: "over 119 EUR" could be either.
        labelled = "net" in facts.shown or supplier.wording % 2
        total = money_text(facts.total, supplier.money)
        amount = phrases.AMOUNT[language][1 if labelled else 0]
        text += amount.format(total=total, label=supplier.labels["total"])
    return text


def _noun(supplier: Supplier, facts: Facts) -> str:
    noun = phrases.NOUNS[supplier.language][facts.kind]
    numbered = "number" in facts.shown
    match supplier.language:
        case "de":
            return noun if numbered else f"unsere {noun}"
        case "en":
            return noun if numbered else f"our {noun}"
        case _:
            return f"notre {noun}" if facts.kind == "credit_note" or not numbered else f"la {noun}"
