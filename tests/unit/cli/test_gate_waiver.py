from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.faults.loosened_settings import GOOD, PAIRS, scored_anew
from support.repositories.scored_repository import THIRTY, finish_scoring

from dslm.provenance import digest_file


def test_a_waiver_is_printed_to_be_filled_in_and_then_counts(
    dslm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSLM_ROOT", str(tmp_path))
    ws = finish_scoring(tmp_path, gold=PAIRS, calibration=THIRTY, champion=GOOD)
    assert dslm("gate", "mini").code == 0
    passed = dslm("gate", "mini", "--waiver", "holds")
    assert (passed.code, "is PASS: there is nothing to waive" in passed.err) == (2, True)
    scored_anew(ws, PAIRS, [n % 34 >= 4 for n in range(68)])
    failed = dslm("gate", "mini")
    assert failed.code in (1, 3)
    assert "changed since version 3:" in failed.out
    printed = dslm("gate", "mini", "--waiver", "holds")
    assert printed.code == 0
    assert f"gold: {digest_file(ws.gold)}" in printed.out
    assert json.loads(dslm("gate", "mini", "--waiver", "holds", "--json").out)["waiver"]
    ws.waivers.write_text(printed.out)
    unfilled = dslm("gate", "mini")
    assert unfilled.code == 2
    assert "waivers.0.reason: is still to be filled in" in unfilled.err
    filled = printed.out.replace("TODO why", "the reason why")
    ws.waivers.write_text(filled.replace("TODO who answers for it", "Kim of accounts"))
    assert dslm("gate", "mini", "--json").code == 0
    for check, says in (("readable", "nobody can waive"), ("evidence", "no check of that name"),
                        ("hold", "no check of that name")):  # fmt: skip
        refused = dslm("gate", "mini", "--waiver", check)
        assert (refused.code, says in refused.err) == (2, True)
