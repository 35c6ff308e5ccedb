"""A run as one HTML page: what it means, its numbers, its cases.

In go records of a run, out comes HTML. Called by the gate stage and `dslm report`.
"""
