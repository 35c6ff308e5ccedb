"""The proof that nothing personal which was found is left in what was written.

In go written files, out come leftovers, or none. Called by the personal pipeline.
"""
