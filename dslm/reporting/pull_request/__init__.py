"""A verdict for those who read it elsewhere: a comment on a pull request, and JUnit for a CI page.

In: a verdict, and what was read of its run. Out: text. `flips` says which cases the candidate and
the champion answer differently, `comment_tables` and `comment` write markdown, `junit` XML. Called
by `dslm gate`; nothing here runs or believes anything that a pull request brought along.
"""

from dslm.reporting.pull_request.answer_flips import Flip, flips
from dslm.reporting.pull_request.junit_xml import junit
from dslm.reporting.pull_request.pull_request_comment import (
    MOST_CHARACTERS,
    Beside,
    comment,
    marker,
    not_judged,
)

__all__ = ["MOST_CHARACTERS", "Beside", "Flip", "comment", "flips", "junit", "marker", "not_judged"]
