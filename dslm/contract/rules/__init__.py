"""The contract's CEL rules, and how much work one of them may be.

In go an expression and an answer, out come breaches. Called by decisions, curation and checks.
"""
