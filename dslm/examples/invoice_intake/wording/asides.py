"""Sentences beside the bill that sources have and only the handwritten gold has too.

An older bill that is mentioned, a heading that answers an older mail, a field that is announced
and not given, and messages about bills that are none. Takes a random source of its own, so that
the generated gold does not depend on it; called by `example_cases` for suppliers of the sources.
"""

from __future__ import annotations

import random
from datetime import timedelta

from dslm.examples.invoice_intake.bill_facts import Facts, draw_number
from dslm.examples.invoice_intake.suppliers import Supplier
from dslm.examples.invoice_intake.wording.decoys import draw_decoys
from dslm.examples.invoice_intake.wording.money_and_date_formats import KEEP, date_text, money_text
from dslm.examples.invoice_intake.wording.page_layout import Line, joined

OLDER_BILLS: dict[str, tuple[str, ...]] = {
    "de": (
        "Rechnung {number} ist beglichen.",
        "Dies ersetzt {number} vom {date}.",
        "Unsere vorige Rechnung {number} über {amount} war falsch.",
        "> Am {date}: Rechnung {number}, {amount}",
        "> bitte {number} vom {date} prüfen",
    ),
    "en": (
        "We have your payment for {number}.",
        "This replaces {number} of {date}.",
        "Our previous invoice {number} for {amount} was wrong.",
        "> On {date}: invoice {number}, {amount}",
        "> please check {number} of {date}",
    ),
    "fr": (
        "La facture {number} est réglée.",
        "Ceci remplace {number} du {date}.",
        "Notre facture précédente {number} de {amount} était fausse.",
        "> {date} : facture {number}, {amount}",
        "> merci de vérifier {number} du {date}",
    ),
}
ANSWERED: dict[str, tuple[str, ...]] = {
    "de": ("Re: Rechnung {number}", "AW: {number}", "Zur Reklamation von {number}:"),
    "en": ("Re: invoice {number}", "RE: {number}", "About your complaint on {number}:"),
    "fr": ("Re : facture {number}", "RE: {number}", "Suite à la réclamation sur {number} :"),
}
ANNOUNCED: dict[str, tuple[str, ...]] = {
    "de": ("folgt", "siehe Anhang", "noch offen", "---"),
    "en": ("to follow", "see attached", "tba", "---"),
    "fr": ("à suivre", "voir pièce jointe", "à préciser", "---"),
}
NO_BILLS: dict[str, tuple[str, ...]] = {
    "de": (
        "Rechnung {number} über {amount} schicken wir Ihnen in den nächsten Tagen.",
        "Proforma {number}: {amount}. Keine Zahlung nötig.",
        "Gutschein {number} über {amount}, einlösbar bis {date}.",
        "Bin bis {date} im Urlaub. Bestellungen ab {amount} bitte an {number}.",
        "Wir haben Rechnung {number} vom {date} erhalten und prüfen die {amount}.",
    ),
    "en": (
        "Invoice {number} for {amount} will reach you in the next days.",
        "Proforma {number}: {amount}. No payment due.",
        "Gift card {number} worth {amount}, use it by {date}.",
        "I am away until {date}. Orders above {amount} go to extension {number}.",
        "We got invoice {number} of {date} and are checking the {amount}.",
    ),
    "fr": (
        "La facture {number} de {amount} vous parviendra dans les prochains jours.",
        "Proforma {number} : {amount}. Aucun paiement requis.",
        "Carte cadeau {number} de {amount}, valable jusqu'au {date}.",
        "Absent jusqu'au {date}. Commandes de plus de {amount} : poste {number}.",
        "Nous avons reçu la facture {number} du {date} et vérifions les {amount}.",
    ),
}


def older_bill(rng: random.Random, supplier: Supplier, facts: Facts) -> str:
    """A sentence about another bill of the same supplier, numbered as its bills are."""
    return _filled(rng, rng.choice(OLDER_BILLS[supplier.language]), supplier, facts)


def answered(rng: random.Random, supplier: Supplier, facts: Facts) -> str:
    """A heading that names the bill that a credit note is about."""
    heading = rng.choice(ANSWERED[supplier.language])
    return heading.format(number=facts.credited).replace(" ", KEEP)


def announced(rng: random.Random, supplier: Supplier, field: str) -> Line:
    """A label with a word where its value should be."""
    return Line(supplier.labels[field], rng.choice(ANNOUNCED[supplier.language]), "announced")


def no_bill(rng: random.Random, supplier: Supplier, facts: Facts) -> str:
    """Sentences that quote a bill's number or amount and ask for no payment."""
    text = _filled(rng, rng.choice(NO_BILLS[supplier.language]), supplier, facts)
    remarks = draw_decoys(rng, supplier, facts, rng.randrange(1, 3))
    return " ".join([text, *(f"{joined(line, ' ')}." for line in remarks)])


def _filled(rng: random.Random, template: str, supplier: Supplier, facts: Facts) -> str:
    number = draw_number(rng, supplier.number_pattern)
    while number in (facts.number, facts.credited):
        number = draw_number(rng, supplier.number_pattern)
    day = facts.day - timedelta(days=rng.randrange(5, 60))
    return template.format(
        number=number,
        date=date_text(day, supplier.date_style, supplier.language),
        amount=money_text(rng.randrange(1500, 90000), supplier.money),
    ).replace(" ", KEEP)
