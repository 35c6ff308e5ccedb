"""What people read has words of theirs: no reason of a drop is shown by its key alone."""

from __future__ import annotations

import re

from support.documents.code_reader import ROOT

from dslm.reporting.display_names import _DROPS, drop_text

GIVEN = re.compile(r"""(?:reason=|return |: |reason = )f?"([a-z_]+)(?::\{|")""")
NO_REASONS = {"same", "nearly", "but_for_identifiers", "near_"}


def reasons() -> set[str]:
    """Every reason that a filter of curation can give."""
    found: set[str] = set()
    rooms = ROOT / "dslm" / "curation"
    for path in [*(rooms / "filters").rglob("*.py"), rooms / "labels" / "contradictions.py"]:
        for line in path.read_text().splitlines():
            if "reason" in line or "return" in line or "contradictory" in line:
                found |= set(GIVEN.findall(line))
    return found - NO_REASONS


def test_every_reason_of_a_drop_has_words() -> None:
    found = reasons()
    assert {"breaks_not", "hidden_text", "over_source_cap", "contradictory_near"} <= found
    assert found - set(_DROPS) == set()
    assert drop_text("breaks_not:adds_up") == ("meta.breaks names a rule that it keeps: adds_up")
