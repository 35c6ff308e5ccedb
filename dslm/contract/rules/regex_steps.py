"""How much work matching a regular expression may be, as steps of `rule_step_limit`.

Takes a pattern; gives the size that its counts make of it, and the steps for a piece of text. The
evaluator's engine goes through a text once, but may be in each state of a pattern at each of its
characters. Called by `rule_step_limit`.
"""

from __future__ import annotations

import re

CHARACTERS = 100  # of a text that are gone through in one step
_LARGEST = 10**12
_VERBOSE = re.compile(r"\(\?[a-zA-Z]*x")  # (?x): blanks and comments say nothing, wherever they are
_SAYING_NOTHING = re.compile(r"(\\.)|\s+|#[^\n]*", re.DOTALL)
_MATCHING = 8_000  # steps that a regular expression takes for these, measured at its worst
# What a pattern is made of; counts of groups are written out before it is matched
_PART = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<sign>[()])|\{(?P<least>\d{1,9})(?:,(?P<most>\d{0,9}))?\}"
    r"|[*+?|^$]|.",
    re.DOTALL,
)

_QUOTED = re.compile(r"(?P<raw>[bBrR]{0,2})('{3}|\"{3}|['\"])(?P<inside>.*)\2\Z", re.DOTALL)
_ESCAPED = re.compile(r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}


def text_of(literal: str) -> str:
    r"""What a literal of CEL says: '\\(' is a bracket that opens nothing, '\n' ends a comment."""
    found = _QUOTED.match(literal)
    if not found:
        return literal
    if "r" in found["raw"].lower():
        return found["inside"]
    return _ESCAPED.sub(_character, found["inside"])


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _CONTROLS.get(found[3], found[3])


def unrolled(pattern: str) -> int:
    """How many characters' worth of states the counted groups of a pattern come to at most.

    `(a{1,30}){1,30}` has 900: the engine writes counts out and may be in each state at once. 0
    where no group is counted.
    """
    as_it_stands = _unrolled(pattern)
    if not _VERBOSE.search(pattern):
        return as_it_stands
    return max(as_it_stands, _unrolled(_SAYING_NOTHING.sub(r"\1", pattern)))


def _unrolled(pattern: str) -> int:
    sums, counted = [0], [0]  # of each group that is open: all of it, and what is counted there
    last, of_last, countable = 0, 0, False
    for found in _PART.finditer(pattern):
        if found["sign"] == "(":
            sums.append(0)
            counted.append(0)
        elif found["sign"] and len(sums) > 1:
            last, of_last, countable = sums.pop(), counted.pop(), True
            sums[-1] += last
            counted[-1] += of_last
        elif found["least"]:
            most = max(int(found["least"]), int(found["most"] or 0), 1)
            sums[-1] = min(sums[-1] + last * (most - 1), _LARGEST)
            last = min(last * most, _LARGEST)
            if countable and most > 1:
                counted[-1], of_last = min(counted[-1] + last - of_last, _LARGEST), last
            countable = True  # a count of a count
        elif found.group() not in ("*", "+", "?", "|", "^", "$"):
            last, of_last, countable = 1, 0, False
            sums[-1] += 1
    return min(sum(counted), _LARGEST)


def steps_of_matching(states: int) -> int:
    """Steps that matching a pattern takes for `CHARACTERS`, by what `unrolled` says of it.

    Measured: 20 to 65 nanoseconds a state and character to 10,000 states, 320 for 40,000.
    """
    return max(_MATCHING, states * (states + 10_000) // 40)
