"""How much work matching a regular expression may be, as steps of `rule_work`.

Takes a pattern; gives the size that its counts make of it, and the steps for a piece of text. The
evaluator's engine goes through a text once, but may be in each state of a pattern at each of its
characters. Called by `rule_work`.
"""

from __future__ import annotations

import re

CHARACTERS = 100  # of a text that are gone through in one step
_LARGEST = 10**12
_VERBOSE = re.compile(r"\(\?[a-zA-Z]*x")  # (?x): blanks say nothing, also between group and count
_MATCHING = 8_000  # steps that a regular expression takes for these, measured at its worst
# What a pattern is made of; counts of groups are written out before it is matched
_PART = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<sign>[()])|\{(?P<least>\d{1,9})(?:,(?P<most>\d{0,9}))?\}"
    r"|[*+?|^$]|.",
    re.DOTALL,
)


def unrolled(pattern: str) -> int:
    """How many characters' worth of states the counted groups of a pattern come to at most.

    `(a{1,30}){1,30}` has 900: the engine writes counts out and may be in each state at once. 0
    where no group is counted.
    """
    sums, last, grouped, largest = [0], 0, False, 0
    blanks = " \t\r\n" if _VERBOSE.search(pattern) else ""
    for found in _PART.finditer(pattern):
        if found["sign"] == "(":
            sums.append(0)
        elif found["sign"] and len(sums) > 1:
            last, grouped = sums.pop(), True
            sums[-1] += last
        elif found["least"]:
            most = max(int(found["least"]), int(found["most"] or 0), 1)
            sums[-1] = min(sums[-1] + last * (most - 1), _LARGEST)
            last = min(last * most, _LARGEST)
            largest = max(largest, last) if grouped and most > 1 else largest
        elif found.group() not in ("*", "+", "?", "|", "^", "$", *blanks):
            last, grouped = 1, False
            sums[-1] += 1
    return largest


def steps_of_matching(states: int) -> int:
    """Steps that matching a pattern takes for `CHARACTERS`, by what `unrolled` says of it.

    Measured: 20 to 65 nanoseconds a state and character to 10,000 states, 320 for 40,000.
    """
    return max(_MATCHING, states * (states + 10_000) // 40)
