"""Which changes help a candidate though they ask no less of it: those that hold the base down.

A stricter contract makes the prompted base hold back more, or be wrong more often, and a gain over
it is then shown more easily; so is one over a base that is shown other examples. Takes a change
that loosens nothing; gives it with why it favours. Called by `changes`, where the policy compares
with the base.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from dslm.records import Change

REFERENCES = ("over", "to", "against")  # keys of checks that name a model
HOLDS_BACK = "the base holds more back too, which makes it easier to be better than"
WRONG = "the base is wrong more often too, which makes it easier to be better than"
EXAMPLES = "the base may be shown other examples, and is what the candidate is compared with"
FAVOURING = (
    ("contract", "decision.*", HOLDS_BACK),
    ("contract", "rules.*", HOLDS_BACK),
    ("contract", "grounded", HOLDS_BACK),
    ("contract", "compare.*", WRONG),
    ("contract", "task", "the base reads it in its prompt"),
    ("made from", "plan*", EXAMPLES),
    ("made from", "data", EXAMPLES),
)
NOTHING_JUDGED = ("rules.*.means", "rules.*.examples*")


def favoured(change: Change) -> Change:
    """A change with why it favours the candidate; as it is where it does not, or loosens."""
    if change.loosens or any(fnmatchcase(change.key, place) for place in NOTHING_JUDGED):
        return change
    why = next(
        (why for part, place, why in FAVOURING
         if change.part == part and fnmatchcase(change.key, place)), "",
    )  # fmt: skip
    return change.model_copy(update={"favours": why}) if why else change
