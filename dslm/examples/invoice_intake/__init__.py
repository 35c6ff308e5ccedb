"""Invented supplier mails and OCR texts with their labels, the same bytes for the same seed.

`python -m dslm.examples.invoice_intake --out DIR` writes the source cases and the gold set.
Flow: suppliers (who writes, in which layout) → facts (what is billed) → pages (how it is
written) → noise (what the scanner did) → cases (one labelled example) → flaws → writing.
"""
