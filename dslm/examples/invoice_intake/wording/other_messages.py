"""Messages that are no invoices, though many quote numbers, dates and amounts of one.

Takes a supplier and some facts, gives the text of a reminder, statement, quote, order
confirmation, delivery note, advertisement or thank-you note. Called by `example_cases`; the label
is always `other` with every other field null.
"""

from __future__ import annotations

import random
from dataclasses import replace

from dslm.examples.invoice_intake.bill_facts import Facts
from dslm.examples.invoice_intake.suppliers import Supplier
from dslm.examples.invoice_intake.wording import page_layout
from dslm.examples.invoice_intake.wording.decoys import draw_decoys
from dslm.examples.invoice_intake.wording.money_and_date_formats import date_text, money_text

# The last of each language is kept for gold suppliers.
MESSAGES: dict[str, tuple[str, ...]] = {
    "de": (
        "letzte Mahnung zu Rechnung {number}: {amount}, zahlen Sie bis {date}.",
        "bitte senden Sie uns Rechnung {number} vom {date} über {amount} noch einmal.",
        "Zahlungserinnerung: Rechnung {number} vom {date} über {amount} ist noch offen.",
        "vielen Dank, Ihre Zahlung von {amount} zu Rechnung {number} ist am {date} eingegangen.",
        "Kontoauszug zum {date}: Rechnung {number} bezahlt, Saldo {amount}.",
        "wir bestätigen Ihren Auftrag {number} vom {date}, etwa {amount}. Die Rechnung folgt.",
        "unser Angebot {number}: Gesamt {amount}, gültig bis {date}.",
        "Rechnung {number} über {amount} wurde storniert, bitte nichts zahlen.",
    ),
    "en": (
        "final notice for invoice {number}: {amount}, pay by {date}.",
        "could you resend invoice {number} of {date} for {amount}? We cannot find it.",
        "Reminder: invoice {number} of {date} for {amount} is still unpaid. Please pay soon.",
        "thank you, we received your payment of {amount} for invoice {number} on {date}.",
        "Statement of account at {date}: invoice {number} paid, balance {amount}.",
        "we confirm your order {number} of {date}, about {amount} net. The invoice will follow.",
        "our quote {number}: total {amount}, valid until {date}.",
        "invoice {number} for {amount} was cancelled, please do not pay anything.",
    ),
    "fr": (
        "dernier rappel pour la facture {number} : {amount}, payez avant le {date}.",
        "pouvez-vous renvoyer la facture {number} du {date} de {amount} ?",
        "Rappel : la facture {number} du {date} de {amount} reste impayée. Merci de régler.",
        "merci, nous avons reçu le {date} votre paiement de {amount} pour la facture {number}.",
        "Relevé de compte au {date} : facture {number} payée, solde {amount}.",
        "nous confirmons votre commande {number} du {date}, environ {amount}. La facture suivra.",
        "notre devis {number} : total {amount}, valable jusqu'au {date}.",
        "la facture {number} de {amount} est annulée, ne payez rien.",
    ),
}
GOLD_MESSAGES = 1
# Title, label of its number, by language: papers that look like a bill and are none.
PAPERS: dict[str, tuple[tuple[str, str], ...]] = {
    "de": (
        ("Angebot", "Angebot Nr."),
        ("Lieferschein", "Lieferschein Nr."),
        ("MAHNUNG", "zu Rechnung"),
        ("Kostenvoranschlag", "Nr."),
    ),
    "en": (
        ("QUOTE", "Quote no."),
        ("Delivery note", "Note no."),
        ("PAYMENT REMINDER", "for invoice"),
        ("Estimate", "No."),
    ),
    "fr": (
        ("DEVIS", "Devis n°"),
        ("Bon de livraison", "Bon n°"),
        ("RAPPEL", "facture"),
        ("Offre de prix", "N°"),
    ),
}
PAPER_WORDS: dict[str, dict[str, str]] = {
    "de": {"date": "Datum", "net": "Netto", "tax": "USt", "total": "Summe"},
    "en": {"date": "Date", "net": "Net", "tax": "VAT", "total": "Total"},
    "fr": {"date": "Date", "net": "HT", "tax": "TVA", "total": "Total"},
}


def message(rng: random.Random, supplier: Supplier, facts: Facts) -> str:
    """Write a short mail about something other than a new bill."""
    known = MESSAGES[supplier.language]
    text = rng.choice(known if supplier.unseen else known[:-GOLD_MESSAGES])
    text = text.format(
        number=facts.number,
        date=date_text(facts.day, supplier.date_style, supplier.language),
        amount=money_text(facts.total, supplier.money),
    )
    lead = {"de": ("Guten Tag,\n", "Hallo,\n"), "en": ("Hello,\n", "Hi,\n")}
    greeting = lead.get(supplier.language, ("Bonjour,\n", "Bonjour à tous,\n"))[rng.randrange(2)]
    if text[0].isupper() and rng.random() < 0.5:
        greeting = ""
    remarks = [
        page_layout.joined(line, " ") + "."
        for line in draw_decoys(rng, supplier, facts, rng.randrange(3))
    ]
    return page_layout.signed(greeting + " ".join([text, *remarks]), supplier)


def paper(rng: random.Random, supplier: Supplier, facts: Facts, channel: str) -> str:
    """Write a quote, confirmation, delivery note or reminder in the layout of a bill."""
    language = supplier.language
    papers = PAPERS[language]
    title, number_label = rng.choice(papers if supplier.unseen else papers[:-1])
    words = PAPER_WORDS[language] | {"number": number_label}
    writer = replace(supplier, labels=words)
    extras = draw_decoys(rng, supplier, facts, rng.randrange(2))
    if channel == "ocr":
        return page_layout.scan_page(rng, writer, facts, extras, title=title)
    lines = page_layout.scatter(rng, page_layout.bill_lines(rng, writer, facts), extras)
    subject = {"de": "Betreff: ", "en": "Subject: ", "fr": "Objet : "}[language]
    body = page_layout.STYLES[supplier.mail_style](lines, supplier.separator)
    return page_layout.signed(f"{subject}{title}\n{body}", supplier)
