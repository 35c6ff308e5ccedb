"""Writes a bill as running sentences, as people do in short mails.

Takes a supplier, the facts and extra lines, gives one paragraph for `pages.mail_page`. Fields
that the facts do not show are simply not mentioned.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from dslm.examples.invoice_intake.bill_facts import Facts
from dslm.examples.invoice_intake.suppliers import Supplier
from dslm.examples.invoice_intake.wording import phrases
from dslm.examples.invoice_intake.wording.money_and_date_formats import date_text, money_text
from dslm.examples.invoice_intake.wording.page_layout import Line, joined, tax_lines

BARE = 0.5  # share of openers that are the noun alone


def paragraph(rng: random.Random, supplier: Supplier, facts: Facts, extras: Sequence[Line]) -> str:
    """Write opener with number, date and total, then amounts and extras in a random order."""
    opener = _opener(rng, supplier, facts)
    details = [joined(line, " ") for line in tax_lines(rng, supplier, facts)]
    if "net" in facts.shown:
        net = money_text(facts.printed("net"), supplier.money)
        details.insert(0, f"{supplier.labels['net']} {net}")
    sentences = [", ".join(details)] if details else []
    sentences += [joined(line, " ") for line in extras]
    rng.shuffle(sentences)
    if facts.credited:
        link = rng.choice(phrases.CREDITED[supplier.language])
        sentences.insert(0, f"{link} {facts.credited}")
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in [opener, *sentences])


def _opener(rng: random.Random, supplier: Supplier, facts: Facts) -> str:
    language = supplier.language
    openers = phrases.offered(phrases.OPENERS[language], unseen=supplier.unseen)
    nouns = phrases.NOUNS[language][facts.kind]
    noun = nouns[rng.randrange(len(nouns))]
    # A bare noun begins the sentence: "Invoice 12 of 3 May 2025".
    text = (
        noun
        if rng.random() < BARE
        else rng.choice(openers).format(noun=_with_article(noun, facts, language))
    )
    if "number" in facts.shown:
        text += f" {facts.number}"
    if "date" in facts.shown:
        day = date_text(facts.day, supplier.date_style, language)
        text += rng.choice(phrases.DATED[language]).format(date=day)
    if "total" in facts.shown:
        # Beside a net amount the total needs its label: "over 119 EUR" could be either.
        labelled = "net" in facts.shown or rng.random() < 0.5
        total = money_text(facts.printed("total"), supplier.money)
        table = phrases.LABELLED_AMOUNT if labelled else phrases.AMOUNT
        text += rng.choice(table[language]).format(total=total, label=supplier.labels["total"])
    return text


def _with_article(noun: str, facts: Facts, language: str) -> str:
    if "number" in facts.shown:
        article = {"de": "", "en": "", "fr": "notre "}
    else:
        article = {"de": "unsere ", "en": "our ", "fr": "notre "}
    return article[language] + noun
