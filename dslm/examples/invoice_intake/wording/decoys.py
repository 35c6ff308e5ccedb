"""Numbers that are not the answer: order and customer numbers, due dates, old balances, accounts.

Takes a supplier and the facts of a bill, gives labelled lines that a careless reader could
take for a field of it. Called by `example_cases` and `other_messages`; every decoy says in words
what it is.
"""

from __future__ import annotations

import random
from datetime import timedelta

from dslm.examples.invoice_intake.bill_facts import Facts, draw_number
from dslm.examples.invoice_intake.invented_ibans import invent_iban
from dslm.examples.invoice_intake.suppliers import Supplier
from dslm.examples.invoice_intake.wording.invented_names import BUYERS
from dslm.examples.invoice_intake.wording.money_and_date_formats import KEEP, date_text, money_text
from dslm.examples.invoice_intake.wording.page_layout import Line

# Words by kind and language; the last one of each is kept for gold suppliers.
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "order": {
        "de": ("Bestellnr.", "Auftrag", "Ihre Bestellung", "Best.-Nr."),
        "en": ("Order no.", "PO", "Your order", "Purchase order"),
        "fr": ("Commande n°", "Votre commande", "Cde", "Bon de commande"),
    },
    "customer": {
        "de": ("Kundennr.", "Kunde", "Kd.-Nr."),
        "en": ("Customer no.", "Account", "Client ID"),
        "fr": ("N° client", "Client", "Code client"),
    },
    "quote": {
        "de": ("Angebot", "laut Angebot", "Kostenvoranschlag"),
        "en": ("Quote", "as per quote", "Estimate no."),
        "fr": ("Devis", "selon devis", "Offre"),
    },
    "due": {
        "de": ("fällig am", "zahlbar bis", "Zahlungsziel"),
        "en": ("Due date", "Pay by", "Payment due"),
        "fr": ("Échéance", "à payer avant le", "Date limite"),
    },
    "delivery": {
        "de": ("Lieferdatum", "geliefert am", "Leistung vom"),
        "en": ("Delivery date", "Delivered", "Service date"),
        "fr": ("Livré le", "Date de livraison", "Prestation du"),
    },
    "ordered": {
        "de": ("Bestelldatum", "bestellt am", "Bestellung vom"),
        "en": ("Order date", "Ordered on", "Your order of"),
        "fr": ("Commandé le", "Date commande", "Commande du"),
    },
    "earlier": {
        "de": ("Vormonat (bezahlt)", "alter Saldo (bezahlt)", "letzte Zahlung"),
        "en": ("Last month (paid)", "Old balance (paid)", "Last payment"),
        "fr": ("Mois dernier (payé)", "Ancien solde (payé)", "Dernier versement"),
    },
    "instalment": {
        "de": ("davon 1. Rate", "1. Teilzahlung", "monatliche Rate"),
        "en": ("1st instalment", "of which first part", "monthly instalment"),
        "fr": ("1re échéance", "dont 1er versement", "mensualité"),
    },
    "discount": {
        "de": ("Skonto", "bei Zahlung in 8 Tagen", "Skonto 10 Tage"),
        "en": ("Prompt payment discount", "Discount within 8 days", "Early discount"),
        "fr": ("Escompte", "Escompte sous 8 jours", "Remise comptant"),
    },
    "phone": {
        "de": ("Tel.", "Telefon", "Rückfragen"),
        "en": ("Phone", "Tel", "Call us"),
        "fr": ("Tél.", "Téléphone", "Contact"),
    },
    "buyer": {
        "de": ("An", "Kunde", "Empfänger"),
        "en": ("Bill to", "To", "Customer"),
        "fr": ("Client", "Facturé à", "Destinataire"),
    },
    "iban": {"de": ("IBAN",), "en": ("IBAN",), "fr": ("IBAN",)},
}
FAMILIES = (  # at most one decoy a family, so that a page never contradicts itself
    (("order", "customer", "quote"), 6),
    (("due", "delivery", "ordered"), 6),
    (("earlier", "instalment", "discount"), 3),
    (("phone", "buyer", "buyer", "iban"), 3),
)
DECOY_PATTERNS = ("PO-###", "B####", "####", "#####", "C-###", "###/##")


def draw_decoys(
    rng: random.Random, supplier: Supplier, facts: Facts, count: int
) -> tuple[Line, ...]:
    """Draw `count` decoys of different families."""
    families = list(FAMILIES)
    lines = []
    for _ in range(min(count, len(families))):
        family = rng.choices(families, [weight for _, weight in families])[0]
        families.remove(family)
        lines.append(make_decoy(rng, supplier, facts, rng.choice(family[0])))
    return tuple(lines)


def make_decoy(rng: random.Random, supplier: Supplier, facts: Facts, kind: str) -> Line:
    """Make one decoy line of a kind, in the supplier's own formats."""
    words = WORDS[kind][supplier.language]
    label = rng.choice(words if supplier.unseen or len(words) == 1 else words[:-1])
    return Line(label, _value(rng, supplier, facts, kind), role=kind)


def _value(rng: random.Random, supplier: Supplier, facts: Facts, kind: str) -> str:
    match kind:
        case "order" | "customer" | "quote":
            return _other_number(rng, supplier, facts)
        case "due" | "delivery" | "ordered":
            days = rng.choice((7, 10, 14, 30)) if kind == "due" else -rng.randrange(2, 20)
            day = facts.day + timedelta(days=days)
            return date_text(day, supplier.date_style, supplier.language)
        case "earlier":
            return money_text(rng.randrange(1500, 90000), supplier.money)
        case "instalment":
            return money_text(facts.total // rng.choice((2, 3, 4)), supplier.money)
        case "discount":
            return f"{rng.choice((2, 3))}{KEEP}%"
        case "phone":
            return f"0{rng.randrange(20, 99)}{KEEP}{rng.randrange(1000, 99999)}"
        case "iban":
            return invent_iban(rng, supplier.language)
        case _:
            return rng.choice(BUYERS[supplier.language]).replace(" ", KEEP)


def _other_number(rng: random.Random, supplier: Supplier, facts: Facts) -> str:
    while True:
        # A number of the invoice's own pattern is the hardest decoy: only its label tells.
        own = rng.random() < 0.15
        number = draw_number(rng, supplier.number_pattern if own else rng.choice(DECOY_PATTERNS))
        if number not in (facts.number, facts.credited):
            return number
