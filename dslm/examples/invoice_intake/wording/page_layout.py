"""Puts a bill on a page: title, labelled lines in the supplier's order, name and manners.

Takes a supplier, the facts and some extra lines, gives text with no-break blanks still inside
values. Called by `example_cases` and `other_messages`; running sentences are in `prose`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dslm.examples.invoice_intake.bill_facts import Facts
from dslm.examples.invoice_intake.suppliers import Supplier
from dslm.examples.invoice_intake.wording import field_labels, phrases
from dslm.examples.invoice_intake.wording.money_and_date_formats import (
    KEEP,
    date_text,
    money_text,
    rate_text,
)

PLAIN = str.maketrans("äöüéèêëôîç", "aoueeeeoic")  # mail addresses have no accents
SUBJECTS = ("Betreff", "Subject", "Objet")


@dataclass(frozen=True)
class Line:
    """A label and its value; a remark has an empty value. `role` says what it stands for."""

    label: str
    value: str
    role: str


def bill_lines(rng: random.Random, supplier: Supplier, facts: Facts) -> list[Line]:
    """Give the printed fields of a bill in the supplier's order."""
    by_field = {
        "number": lambda: [Line(_number_label(supplier, facts), facts.number, "number")],
        "date": lambda: [Line(_date_label(supplier, facts), _day(supplier, facts), "date")],
        "net": lambda: [_amount(supplier, facts, "net")],
        "total": lambda: [_amount(supplier, facts, "total")],
    }
    lines: list[Line] = []
    for field in supplier.order:
        if field == "tax":
            lines += tax_lines(rng, supplier, facts)
        elif field in facts.shown:
            lines += by_field[field]()
    if facts.credited:
        label = rng.choice(field_labels.CREDITED_INVOICE[supplier.language])
        place = rng.randrange(len(lines) + 1)
        lines.insert(place, Line(label, facts.credited, "credited"))
    return lines


def tax_lines(rng: random.Random, supplier: Supplier, facts: Facts) -> list[Line]:
    """Give the tax line: a rate, an amount, both, an inclusion, an exemption, or none."""
    language, word = supplier.language, supplier.labels["tax"]
    rate = rate_text(facts.rate, language, blank=supplier.wording % 2 == 0)
    if "exempt" in facts.shown:
        return [Line(rng.choice(field_labels.EXEMPT[language]), "", "tax")]
    if "zero" in facts.shown:
        return [Line(word, rate, "tax")]
    if {"rate", "tax"} <= facts.shown:
        return [
            Line(f"{word}{KEEP}{rate}", money_text(facts.printed("tax"), supplier.money), "tax")
        ]
    if {"rate", "net"} <= facts.shown:
        return [Line(word, rate, "tax")]
    if "rate" in facts.shown:
        phrase = field_labels.INCLUDED[language][supplier.wording % 3]
        noun = field_labels.TAX_NOUN[language]
        return [Line(phrase.format(rate=rate, tax=noun), "", "tax")]
    if "tax" in facts.shown:
        return [_amount(supplier, facts, "tax")]
    return []


def mail_page(
    rng: random.Random, supplier: Supplier, facts: Facts, extras: Sequence[Line], body: str = ""
) -> str:
    """Write a mail; `body` replaces the labelled lines when the supplier writes prose."""
    language = supplier.language
    greeting = phrases.offered(phrases.GREETINGS[language], unseen=supplier.unseen)
    parts = [greeting[supplier.wording % len(greeting)]]
    if not body:
        intro = phrases.offered(phrases.INTROS[language], unseen=supplier.unseen)
        noun = phrases.NOUNS[language][facts.kind][0]
        if language == "fr" and facts.kind == "credit_note":
            intro = intro[:2]  # the others need an article of the other gender
        opening = intro[supplier.wording % len(intro)].format(noun=noun)
        parts.insert(0 if opening.startswith(SUBJECTS) else 1, opening)
        lines = scatter(rng, bill_lines(rng, supplier, facts), extras)
        body = STYLES[supplier.mail_style](lines, supplier.separator)
    parts.append(body)
    return signed("\n".join(part for part in parts if part), supplier)


def scan_page(
    rng: random.Random, supplier: Supplier, facts: Facts, extras: Sequence[Line], title: str = ""
) -> str:
    """Write what a scanner saw: a title, labelled lines, the name at the top or the bottom."""
    titles = field_labels.TITLES[supplier.language].get(facts.kind, ())
    title = title or titles[supplier.wording % len(titles)]
    lines = scatter(rng, bill_lines(rng, supplier, facts), extras)
    if supplier.ocr_style == "headed":
        title, lines = _headed(rng, supplier, title, lines)
    body = STYLES[supplier.ocr_style](lines, supplier.separator)
    name = supplier.name.replace(" ", KEEP)
    if supplier.wording % 3 == 0:
        return f"{title}\n{body}\n{name}"
    if supplier.wording % 3 == 1:
        return f"{name}  {title}\n{body}"
    return f"{name}\n{title}\n{body}"


def _headed(
    rng: random.Random, supplier: Supplier, title: str, lines: Sequence[Line]
) -> tuple[str, list[Line]]:
    """Move number and date, without their labels, into the title."""
    values = {line.role: line.value for line in lines if line.role in ("number", "date")}
    if "number" in values:
        title += f" {values['number']}"
    if "date" in values:
        between = ("   ", ", ", phrases.DATED[supplier.language][0].partition("{")[0])
        title += f"{rng.choice(between)}{values['date']}"
    return title, [line for line in lines if line.role not in values]


def signed(text: str, supplier: Supplier) -> str:
    """Add the supplier's name where this supplier puts it: sender line or signature."""
    name = supplier.name.replace(" ", KEEP)
    manners = phrases.offered(phrases.SIGN_OFFS[supplier.language], unseen=supplier.unseen)
    sign_off = manners[supplier.wording % len(manners)]
    match supplier.signature:
        case "from":
            word = {"de": "Von:", "en": "From:", "fr": "De :"}[supplier.language]
            return f"{word} {name}\n{text}"
        case "contact":
            return f"{text}\n{supplier.contact}\n{name}"
        case "address":
            user, host = (
                word.split()[0].lower().translate(PLAIN) for word in (supplier.contact, name)
            )
            return f"{text}\n{name}, {user}@{host}.example"
        case _:
            return f"{text}\n{sign_off}\n{name}"


def scatter(rng: random.Random, lines: Sequence[Line], extras: Sequence[Line]) -> list[Line]:
    """Put the extra lines at random places between the others, remarks at the end."""
    mixed = [line for line in lines if line.value]
    for extra in extras:
        mixed.insert(rng.randrange(len(mixed) + 1), extra)
    return mixed + [line for line in lines if not line.value]


def joined(line: Line, separator: str) -> str:
    """Write one line; a remark stands alone."""
    return f"{line.label}{separator}{line.value}" if line.value else line.label


def _amount(supplier: Supplier, facts: Facts, field: str) -> Line:
    return Line(supplier.labels[field], money_text(facts.printed(field), supplier.money), field)


def _number_label(supplier: Supplier, facts: Facts) -> str:
    if facts.kind == "credit_note":
        words = field_labels.CREDIT_NUMBER[supplier.language]
        return words[supplier.wording % len(words)]
    return supplier.labels["number"]


def _date_label(supplier: Supplier, facts: Facts) -> str:
    invoice_word = any(w in supplier.labels["date"].lower() for w in ("rech", "rg", "inv", "fact"))
    if facts.kind != "invoice" and invoice_word:
        return field_labels.CREDIT_DATE[supplier.language]
    return supplier.labels["date"]


def _day(supplier: Supplier, facts: Facts) -> str:
    return date_text(facts.day, supplier.date_style, supplier.language)


def _table(lines: Sequence[Line], between: str, rows: str) -> str:
    cells = [line for line in lines if line.value]
    remarks = [line.label for line in lines if not line.value]
    heads = between.join(line.label for line in cells)
    values = between.join(line.value for line in cells)
    return rows.join([heads, values, *remarks])


STYLES: dict[str, Callable[[Sequence[Line], str], str]] = {
    "prose": lambda lines, sep: "\n".join(joined(line, sep) for line in lines),
    "lines": lambda lines, sep: "\n".join(joined(line, sep) for line in lines),
    "form": lambda lines, sep: "\n".join(joined(line, sep) for line in lines),
    "headed": lambda lines, sep: "\n".join(joined(line, sep) for line in lines),
    "bullets": lambda lines, sep: "\n".join(f"- {joined(line, sep)}" for line in lines),
    "pipes": lambda lines, _: " | ".join(joined(line, " ") for line in lines),
    "run_on": lambda lines, _: "  ".join(joined(line, " ") for line in lines),
    "columns": lambda lines, _: _table(lines, "  ", "\n"),
    "blocks": lambda lines, _: _table(lines, "\n", "\n"),
    "assigned": lambda lines, _: "; ".join(joined(line, "=") for line in lines),
}
