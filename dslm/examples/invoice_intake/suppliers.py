"""Suppliers, each with a layout of its own: words, order, separators, formats and manners.

Takes a seed and the split (`sources`, `later`, `recent` or `gold`), gives frozen suppliers.
`example_cases` draws bills for them. Gold suppliers have other names, and most of them words and
orders that sources lack.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from dslm.examples.invoice_intake.wording import invented_names as names
from dslm.examples.invoice_intake.wording.field_labels import FIELDS, GOLD_LABELS, SOURCE_LABELS
from dslm.examples.invoice_intake.wording.money_and_date_formats import DATE_STYLES, MoneyStyle
from dslm.examples.invoice_intake.wording.rough_lengths import rough_tokens

NUMBER_PATTERNS = (
    "R-####", "RE####", "####", "25-###", "INV-###", "F####", "K-###", "A#####",
    "###", "FA-##", "##-##", "G-###",
)  # fmt: skip
SOURCE_ORDERS = (
    ("number", "date", "net", "tax", "total"),
    ("date", "number", "net", "tax", "total"),
    ("number", "date", "total", "net", "tax"),
    ("date", "number", "total", "tax", "net"),
    ("number", "net", "tax", "total", "date"),
)
GOLD_ORDERS = (
    ("total", "net", "tax", "date", "number"),
    ("net", "tax", "total", "number", "date"),
    ("date", "total", "tax", "net", "number"),
)
MAIL_STYLES = ("prose", "prose", "prose", "lines", "lines", "bullets", "pipes")
GOLD_MAIL_STYLES = ("prose", "prose", "lines", "lines", "bullets", "pipes", "assigned")
OCR_STYLES = ("form", "form", "headed", "headed", "columns", "run_on")
GOLD_OCR_STYLES = ("form", "form", "headed", "headed", "run_on", "assigned", "columns")
HEADED = 0.3  # share of source suppliers whose trade stands before their name
LONGEST_NAMING = 9  # rough tokens of a supplier's name and one of its numbers together
SEPARATORS = (": ", ": ", ": ", " ", " = ")
LISTS = {
    "sources": names.SOURCE_NAMES,
    "later": names.LATER_NAMES,
    "recent": names.RECENT_NAMES,
    "gold": names.GOLD_NAMES,
}
ONCE = {"l": "later", "r": "recent"}  # by the first letter of a supplier's id
SIGNATURES = ("sign", "contact", "from", "address")


@dataclass(frozen=True)
class Supplier:
    """Who writes, and how: everything that stays the same over one supplier's messages."""

    id: str
    name: str
    language: str
    contact: str
    number_pattern: str
    date_style: str
    money: MoneyStyle
    labels: Mapping[str, str]
    order: tuple[str, ...]
    mail_style: str
    ocr_style: str
    separator: str
    signature: str
    wording: int  # which of a language's openers and greetings the supplier uses
    unseen: bool  # a gold supplier: may use phrases kept out of the sources
    once: str = ""  # `later` or `recent`: writes once, after all others of the sources


def make_suppliers(seed: int, split: str) -> tuple[Supplier, ...]:
    """Make the suppliers of `sources` (422), `later` (486), `recent` (426) or `gold` (30).

    Raises:
        ValueError: The split is none of these.
    """
    if split not in LISTS:
        raise ValueError(f"unknown split {split!r}: use one of {', '.join(LISTS)}")
    lists = LISTS[split]
    made = []
    for language, words in lists.items():
        for position, word in enumerate(words, start=1):
            identity = f"{split[0]}-{language}-{position:02d}"
            made.append(_make_supplier(random.Random(f"{seed}:{identity}"), identity, word))
    return tuple(made)


def _make_supplier(rng: random.Random, identity: str, word: str) -> Supplier:
    unseen = identity.startswith("g-")
    language = identity.split("-")[1]
    name, pattern = _name_and_number(rng, language, word, unseen=unseen)
    return Supplier(
        id=identity,
        name=name,
        language=language,
        contact=rng.choice(names.PEOPLE[language]),
        number_pattern=pattern,
        date_style=rng.choice(DATE_STYLES[language]),
        money=_money_style(rng, language),
        labels={field: _label(rng, language, field, unseen=unseen) for field in FIELDS},
        order=rng.choice(SOURCE_ORDERS + GOLD_ORDERS if unseen else SOURCE_ORDERS),
        mail_style=rng.choice(GOLD_MAIL_STYLES if unseen else MAIL_STYLES),
        ocr_style=rng.choice(GOLD_OCR_STYLES if unseen else OCR_STYLES),
        separator=rng.choice(SEPARATORS),
        signature=rng.choice(SIGNATURES),
        wording=rng.randrange(1000),
        unseen=unseen,
        once=ONCE.get(identity[0], ""),
    )


def _label(rng: random.Random, language: str, field: str, *, unseen: bool) -> str:
    words = SOURCE_LABELS[language][field]
    if unseen and rng.random() < 0.06:
        words = GOLD_LABELS[language][field]
    return rng.choice(words)


def _name_and_number(
    rng: random.Random, language: str, word: str, *, unseen: bool
) -> tuple[str, str]:
    """Draw both until they are short together: every answer has to hold them, net and total."""
    while True:
        if not unseen and rng.random() < HEADED:
            name = f"{rng.choice(names.NAME_HEADS[language])} {word}"
        else:
            name = f"{word} {rng.choice(names.NAME_TAILS[language])}".strip()
        pattern = rng.choice(NUMBER_PATTERNS)
        if rough_tokens(name) + rough_tokens(pattern.replace("#", "0")) <= LONGEST_NAMING:
            return name, pattern


def _money_style(rng: random.Random, language: str) -> MoneyStyle:
    if language == "en":
        currency = rng.choice(("EUR", "€", "£", "£", ""))
        thousands = rng.choice((",", ""))
        return MoneyStyle(thousands, ".", currency, currency != "" and rng.random() < 0.8, False)
    thousands = rng.choice((".", ".", "") if language == "de" else ("\u00a0", ""))
    currency = rng.choice(("EUR", "€", "EUR", ""))
    first = currency == "EUR" and rng.random() < 0.3
    return MoneyStyle(thousands, ",", currency, first, language == "de" and rng.random() < 0.15)
