"""An answer: its text form, when it is right, grounded, how sure it is, and what is decided.

In go a contract and an answer, out come comparisons and a decision. Called by inference, scoring,
curation.
"""
