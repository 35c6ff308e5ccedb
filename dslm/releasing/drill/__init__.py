"""A rollback tried under planted faults, in a scratch registry: `dslm release drill`.

In: a workflow whose registry holds two releases. Out: a `DrillRecord`, a row for each fault with
whether it was survived and how long that took. The registry itself is read once, and never written.
"""
