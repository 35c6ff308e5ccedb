"""The one prompt renderer, the date that templates are told, and their time limit.

In go a contract and an input, out come token ids. Called by training and the decider.
"""
