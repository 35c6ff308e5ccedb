"""A part of what `tests/bench/fuzz_inputs.py` tries, the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.faults.fuzzed_inputs import Fuzzer, make_fuzzer

A_TEST = 50
SHARES = 8


@pytest.fixture(scope="module")
def fuzzer(tmp_path_factory: pytest.TempPathFactory) -> Fuzzer:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DSLM_ROOT", "")  # put back as it was: the fuzzer names its repository there
        return make_fuzzer(tmp_path_factory.mktemp("fuzz") / "repository")


@pytest.mark.parametrize("share", range(SHARES))
def test_no_broken_input_ends_in_a_traceback_or_loses_a_row(
    fuzzer: Fuzzer, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSLM_ROOT", str(fuzzer.ws.root))
    outcomes = [fuzzer.run(seed) for seed in range(share * A_TEST, (share + 1) * A_TEST)]
    wrong = [(o.seed, o.command, o.broken, o.wrong, o.trace[-600:]) for o in outcomes if o.wrong]
    assert wrong == []
    assert {0, 2} <= {outcome.code for outcome in outcomes}


def test_the_same_seed_breaks_the_same_things(
    fuzzer: Fuzzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSLM_ROOT", str(fuzzer.ws.root))
    twice = [[fuzzer.run(seed) for seed in range(20)] for _ in range(2)]
    assert twice[0] == twice[1]


def test_what_is_wrong_is_seen(fuzzer: Fuzzer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSLM_ROOT", str(fuzzer.ws.root))

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("dslm.checking.check_workflow.load_contract", fail)
    monkeypatch.setattr("support.faults.fuzzed_inputs.load_contract", fail)
    outcomes = [fuzzer.run(seed) for seed in range(20)]
    seen = [o for o in outcomes if o.wrong == ["exit code 70"]]
    assert {o.command for o in seen} >= {"check"}
    assert all("ZeroDivisionError" in o.trace for o in seen)


def test_everything_is_put_back(fuzzer: Fuzzer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSLM_ROOT", str(fuzzer.ws.root))

    def there() -> dict[Path, bytes]:
        return {p: p.read_bytes() for p in fuzzer.ws.root.rglob("*") if p.is_file()}

    before = there()
    for seed in range(40):
        fuzzer.run(seed)
    assert there() == before
