"""How a release that computes otherwise than it was gated was shown to answer as it did then.

Made when it has given its recorded answers again (`dslm.releasing.recorded_answers`); the journal
keeps it of a release that was gone back to.
"""

from __future__ import annotations

from dslm.record import Record


class Bridged(Record):
    """A release that computes otherwise than when it was gated, and answers as it did then.

    Attributes:
        was: Packages, device and code that it was gated with.
        now: Those that answer.
        answers: Recorded answers that it gave again, all of them the same.
        whole: Whether that were as many as a bridge asks for, or all that gold has.
    """

    was: dict[str, str]
    now: dict[str, str]
    answers: int
    whole: bool = True
