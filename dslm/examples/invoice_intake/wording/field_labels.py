"""Label words for the fields of a bill, in sources and, for gold only, words never seen there.

Takes nothing, gives tables by language and field; `suppliers` picks one word a field, so the
choice is part of a supplier's layout. `TAX` labels stand before a rate or a tax amount alike.
"""

from __future__ import annotations

FIELDS = ("number", "date", "net", "tax", "total")

SOURCE_LABELS: dict[str, dict[str, tuple[str, ...]]] = {
    "de": {
        "number": ("Rechnung Nr.", "Rechnungsnummer", "Rg.-Nr."),
        "date": ("Datum", "Rechnungsdatum", "vom"),
        "net": ("Netto", "Nettobetrag", "netto"),
        "tax": ("USt", "MwSt"),
        "total": ("Gesamt", "Gesamtbetrag", "Brutto", "Summe"),
    },
    "en": {
        "number": ("Invoice no.", "Invoice #", "Invoice number"),
        "date": ("Date", "Invoice date", "Dated"),
        "net": ("Net", "Subtotal"),
        "tax": ("VAT", "Tax"),
        "total": ("Total", "Total due", "Grand total", "total"),
    },
    "fr": {
        "number": ("Facture n°", "N° facture", "Facture no"),
        "date": ("Date", "Date facture", "du"),
        "net": ("Total HT", "Montant HT", "HT"),
        "tax": ("TVA", "T.V.A."),
        "total": ("Total TTC", "Net à payer", "Montant TTC", "TTC"),
    },
}
GOLD_LABELS: dict[str, dict[str, tuple[str, ...]]] = {
    "de": {
        "number": ("Faktura-Nr.", "Rech.-Nr.", "Belegnummer"),
        "date": ("Belegdatum", "Ausstellung", "Rechnung vom"),
        "net": ("Warenwert", "Entgelt", "ohne Steuer"),
        "tax": ("Umsatzsteuer", "Mehrwertsteuer"),
        "total": ("Rechnungsbetrag", "Zahlbetrag", "inkl. Steuer"),
    },
    "en": {
        "number": ("Bill no.", "Document no.", "Inv. ID"),
        "date": ("Tax point", "Date of issue", "Raised on"),
        "net": ("Goods", "Before tax", "Net value"),
        "tax": ("Sales tax", "V.A.T."),
        "total": ("To pay", "Gross", "Sum payable"),
    },
    "fr": {
        "number": ("N° de pièce", "Fact. n°", "Document"),
        "date": ("Établie le", "En date du", "Jour d'émission"),
        "net": ("Hors taxes", "Sous-total", "Prix hors TVA"),
        "tax": ("Taxe", "Taxes"),
        "total": ("À régler", "Montant dû", "Somme à payer"),
    },
}

TITLES: dict[str, dict[str, tuple[str, ...]]] = {
    "de": {
        "invoice": ("RECHNUNG", "Rechnung"),
        "credit_note": ("GUTSCHRIFT", "Gutschrift", "Rechnungskorrektur"),
    },
    "en": {
        "invoice": ("INVOICE", "Invoice", "Tax invoice"),
        "credit_note": ("CREDIT NOTE", "Credit note", "Credit memo"),
    },
    "fr": {
        "invoice": ("FACTURE", "Facture"),
        "credit_note": ("AVOIR", "Avoir", "Note de crédit"),
    },
}
CREDIT_NUMBER: dict[str, tuple[str, ...]] = {
    "de": ("Gutschrift Nr.", "Gutschriftsnr.", "Beleg"),
    "en": ("Credit note no.", "Credit no.", "CN"),
    "fr": ("Avoir n°", "N° avoir", "Pièce"),
}
CREDITED_INVOICE: dict[str, tuple[str, ...]] = {
    "de": ("zu Rechnung", "betrifft Rechnung", "Storno zu"),
    "en": ("for invoice", "against invoice", "refers to invoice"),
    "fr": ("sur facture", "concerne facture", "annule facture"),
}
CREDIT_DATE: dict[str, str] = {"de": "Datum", "en": "Date", "fr": "Date"}
EXEMPT: dict[str, tuple[str, ...]] = {
    "de": ("steuerfrei", "keine USt"),
    "en": ("VAT exempt", "no VAT charged"),
    "fr": ("exonéré de TVA", "TVA non applicable"),
}
INCLUDED: dict[str, tuple[str, ...]] = {
    "de": ("inkl. {rate} {tax}", "darin {rate} {tax}", "enthält {rate} {tax}"),
    "en": ("incl. {rate} {tax}", "including {tax} at {rate}", "{rate} {tax} included"),
    "fr": ("dont {tax} {rate}", "{tax} {rate} incluse", "{tax} à {rate} comprise"),
}
TAX_NOUN: dict[str, str] = {"de": "USt", "en": "VAT", "fr": "TVA"}
