"""Which changes of policy and contract ask less of a candidate, or hold the base down.

Takes two policies or contracts; gives the changes that loosen. Called by `changes_since_champion`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from dslm.records import Change

ABSENT: Any = "absent"  # what the other side has where a place is new or gone
FIRST_RELEASES = ("refuse", "until_one_serves", "allow")  # each allows more than the one before


@dataclass(frozen=True)
class Turn:
    """One value as it was and is.

    `alarmed`: a check of slices is asked, whose correction for many slices and level reach it.
    """

    was: Any
    now: Any
    alarmed: bool = False


Rule = Callable[[Turn], bool]


def never(_: Turn) -> bool:
    """It changes nothing that is judged, or only asks more."""
    return False


def always(_: Turn) -> bool:
    """Any change may."""
    return True


def _numbers(turn: Turn) -> bool:
    both = (turn.was, turn.now)
    return all(isinstance(one, int | float) and not isinstance(one, bool) for one in both)


def raised(turn: Turn) -> bool:
    """More than it was; a number that is new or gone asks something else."""
    return not _numbers(turn) or turn.now > turn.was


def lowered(turn: Turn) -> bool:
    """Less than it was; a number that is new or gone asks something else."""
    return not _numbers(turn) or turn.now < turn.was


def gone(turn: Turn) -> bool:
    """It was asked and is no more."""
    return bool(turn.now == ABSENT)


def fewer(turn: Turn) -> bool:
    """A list lost something."""
    both = isinstance(turn.was, list) and isinstance(turn.now, list)
    return not both or any(one not in turn.now for one in turn.was)


def _calibrations(turn: Turn) -> bool:
    """Of fewer each has more of the error, of more one certifies when all of it was spent.

    None named is all of it for each.
    """
    return turn.was is not None


def _alpha(turn: Turn) -> bool:
    """A smaller error makes checks stricter, and slices ring later."""
    return raised(turn) or turn.alarmed


def _first_release(turn: Turn) -> bool:
    known = turn.was in FIRST_RELEASES and turn.now in FIRST_RELEASES
    return not known or FIRST_RELEASES.index(turn.now) > FIRST_RELEASES.index(turn.was)


def _slices(turn: Turn) -> bool:
    """Fewer are looked at; or more, so that the correction for many makes each ring later."""
    return fewer(turn) or turn.alarmed


def _compare(turn: Turn) -> bool:
    """Exact is the strictest, and what a field has that is not named."""
    was, now = (
        {"as": "exact", "tolerance": 0.0} if one == ABSENT else one for one in (turn.was, turn.now)
    )
    if not all(isinstance(one, dict) and "as" in one for one in (was, now)):
        return True
    if now["as"] == "exact":
        return False
    if was["as"] == now["as"]:
        return raised(Turn(was.get("tolerance"), now.get("tolerance")))
    return True


def _value_decides(turn: Turn) -> bool:
    return bool(turn.now != "interval")


Rules = Sequence[tuple[str, Rule]]
POLICY: Rules = (
    ("alpha", _alpha),
    ("first_release", _first_release),
    ("waivers.most_days", raised),
    ("waivers.never", fewer),
    ("checks.*.means", never),
    ("checks.*.unproved", never),  # `on` says whether it is
    ("checks.*.at_least", lowered),
    ("checks.*.at_most", raised),
    ("checks.*.on", _value_decides),
    ("checks.*.margin", raised),
    ("checks.*.worse_by", raised),
    ("checks.*.least_cases", lowered),
    ("checks.*.*", always),  # another kind, metric or reference; other slices judged
    ("checks.*", gone),
)
TOLD = (
    "summary", "task", "slo*", "costs.hardware_hour", "rules.*.means", "rules.*.examples*",
    "traffic*",  # it weighs what is told, and decides nothing
    "data.sources*", "data.split*", "data.personal*", "data.time", "data.max_rejects",
    "data.valid_until", "data.window*", "data.contradictions", "data.languages*",
    "data.least_characters", "data.at_most_per*",
)  # fmt: skip
CONTRACT: Rules = (
    *((place, never) for place in TOLD),
    ("version", lowered),
    ("compare.*", _compare),
    ("rules.*.*", always),
    ("rules.*", gone),
    ("grounded", fewer),
    ("slices", _slices),
    ("decision.max_selective_risk", raised),
    ("decision.confidence", lowered),
    ("decision.calibrations", _calibrations),
    ("data.near_duplicate", raised),
)


def loosens(rules: Rules, place: str, turn: Turn) -> bool:
    """Whether a change does, by the first line of a table that fits its place."""
    return next((rule for known, rule in rules if fnmatchcase(place, known)), always)(turn)


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
