from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jsonschema_rs
import pytest
from support.repositories.scored_rows import answer as said_to
from support.repositories.scored_rows import cases
from support.repositories.small_repository import ROOT, write_lines

from dslm.errors import EnvironmentFault, InputError, Problems
from dslm.inference.batch_prediction import answer, answer_file, read_asked
from dslm.inference.decider import Decider
from dslm.records import Answer, Decision, Prediction

COUNT = 10


@dataclass
class Scripted:
    """Answers like a decider, and remembers what it was asked."""

    asked: list[str] = field(default_factory=list)
    fails_after: int = 10**6
    contract: Any = field(default_factory=lambda: SimpleNamespace(grounded=["number"], compare={},
                                                                  locale=None))  # fmt: skip
    engine: Any = field(default_factory=lambda: SimpleNamespace(batch_size=1))
    identity: dict[str, str] = field(default_factory=lambda: {"adapter": "sha256:one"})
    threshold: float = 0.5

    def answer(
        self, texts: Sequence[str], progress: Callable[[int], None]
    ) -> list[tuple[Prediction, Decision]]:
        if len(self.asked) >= self.fails_after:
            raise KeyboardInterrupt
        self.asked += texts
        progress(len(texts))
        said = said_to({"kind": "order", "number": "A-1"})
        return [(said, Decision(action="proceed" if "A-" in t else "abstain")) for t in texts]


def predict(scripted: Scripted, source: Path, out: Path) -> dict[str, int]:
    return answer_file(cast(Decider, scripted), source, out)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    write_lines(path, [{"id": c.id, "input": c.input} for c in cases(COUNT)])
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "out.jsonl"


def ids(out: Path) -> list[str]:
    return [json.loads(line)["id"] for line in out.read_text().splitlines()]


def test_every_case_is_answered_once_in_order(source: Path, out: Path) -> None:
    assert predict(Scripted(), source, out) == {"abstain": 2, "proceed": 8}
    assert ids(out) == [c.id for c in cases(COUNT)]
    first = json.loads(out.read_text().splitlines()[0])
    assert set(first) == {
        "id", "object", "action", "reasons", "confidence", "field_confidence", "finish_reason",
        "not_narrowed", "grounding", "made_from",
    }  # fmt: skip
    assert first["grounding"] == {"number": {"how": "missing"}}


def test_every_line_is_valid_under_the_documented_schema(source: Path, out: Path) -> None:
    predict(Scripted(), source, out)
    schema = json.loads((ROOT / "docs" / "schemas" / "answer.schema.json").read_text())
    validator = jsonschema_rs.validator_for(schema)
    for line in out.read_text().splitlines():
        assert [error.message for error in validator.iter_errors(json.loads(line))] == []
        assert Answer.model_validate_json(line).id == json.loads(line)["id"]


def test_a_finished_file_is_left_as_it_is(source: Path, out: Path) -> None:
    predict(Scripted(), source, out)
    before = out.read_bytes()
    again = Scripted()
    assert predict(again, source, out) == {"abstain": 2, "proceed": 8}
    assert again.asked == []
    assert out.read_bytes() == before


def test_an_interrupted_run_goes_on_where_it_stood(source: Path, out: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        predict(Scripted(fails_after=6), source, out)
    assert len(ids(out)) == 8
    rest = Scripted()
    assert predict(rest, source, out) == {"abstain": 2, "proceed": 8}
    assert rest.asked == [c.input for c in cases(COUNT)[8:]]
    assert ids(out) == [c.id for c in cases(COUNT)]


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_cut_last_line_is_dropped_and_answered_again(source: Path, out: Path, cut: int) -> None:
    predict(Scripted(), source, out)
    whole = out.read_bytes()
    out.write_bytes(whole[:-cut])
    rest = Scripted()
    predict(rest, source, out)
    assert rest.asked == [cases(COUNT)[-1].input]
    assert out.read_bytes() == whole


def test_new_cases_of_a_longer_input_are_added(source: Path, out: Path) -> None:
    predict(Scripted(), source, out)
    write_lines(source, [{"id": c.id, "input": c.input} for c in cases(COUNT + 2)])
    rest = Scripted()
    assert sum(predict(rest, source, out).values()) == COUNT + 2
    assert len(rest.asked) == 2


def test_answers_to_other_cases_are_not_added_to(source: Path, out: Path) -> None:
    predict(Scripted(), source, out)
    before = out.read_bytes()
    write_lines(source, [{"id": "another", "input": "x"}])
    with pytest.raises(InputError, match=r"out.jsonl:1: holds an answer to case 'g-000'"):
        predict(Scripted(), source, out)
    assert out.read_bytes() == before


@pytest.mark.parametrize("line", ['{"a": 1}', "not json", '["g-000"]', '"text"', "3"])
def test_a_file_that_is_no_answer_of_ours_is_not_touched(
    source: Path, out: Path, line: str
) -> None:
    out.parent.mkdir()
    out.write_text(f"{line}\n")
    with pytest.raises(InputError, match=r"out\.jsonl:1: is no answer of dslm"):
        predict(Scripted(), source, out)
    assert out.read_text() == f"{line}\n"


@pytest.mark.parametrize(
    "text",
    ["my precious notes", '{"text": 1}\n{"text": 2}', '{"id": 1}\n{"id', '{"id": 1',
     '{"id": "g-000", "input": "A-1 is late"}', '{"id": "g-000", "target": {"kind": "order"}}'],
)  # fmt: skip
def test_a_file_of_something_else_that_ends_in_mid_line_is_not_touched(
    source: Path, out: Path, text: str
) -> None:
    out.parent.mkdir()
    out.write_text(text)
    with pytest.raises(InputError, match="no answer of dslm"):
        predict(Scripted(), source, out)
    assert out.read_text() == text


def test_a_repeated_id_is_refused(source: Path, out: Path) -> None:
    write_lines(source, [{"id": "a", "input": "x"}, {"id": "a", "input": "y"}])
    with pytest.raises(Problems, match=r"in\.jsonl:2: id 'a' is used twice, first on line 1"):
        predict(Scripted(), source, out)
    assert not out.exists()


def test_an_empty_or_missing_input_is_refused(tmp_path: Path, out: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(InputError, match="no cases in this file"):
        predict(Scripted(), tmp_path / "empty.jsonl", out)
    with pytest.raises(InputError, match="no such file"):
        predict(Scripted(), tmp_path / "absent.jsonl", out)


@pytest.mark.parametrize(
    "other",
    [{"identity": {"adapter": "sha256:two"}}, {"threshold": 0.6}],
    ids=["model", "threshold"],
)
def test_a_cut_file_is_not_gone_on_with_by_another_model(
    source: Path, out: Path, other: dict[str, Any]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        predict(Scripted(fails_after=4), source, out)
    with out.open("a") as stream:
        stream.write('{"id": "g-0')  # a half line, as a kill leaves it
    before = out.read_bytes()
    assert before.count(b"\n") == 4
    with pytest.raises(InputError, match="case 'g-000' that was made otherwise"):
        predict(Scripted(**other), source, out)
    assert out.read_bytes() == before
    assert sum(predict(Scripted(), source, out).values()) == COUNT


def test_an_answer_to_another_text_of_that_id_is_not_kept(source: Path, out: Path) -> None:
    predict(Scripted(), source, out)
    lines = [json.loads(line) for line in source.read_text().splitlines()]
    write_lines(source, [lines[0] | {"input": "Another order."}, *lines[1:]])
    with pytest.raises(InputError, match="or to another input"):
        predict(Scripted(), source, out)


def test_answers_that_do_not_say_what_made_them_are_told_apart(source: Path, out: Path) -> None:
    predict(Scripted(), source, out)
    old = [json.loads(line) for line in out.read_text().splitlines()[:3]]
    write_lines(out, [{k: v for k, v in line.items() if k != "made_from"} for line in old])
    with pytest.raises(InputError, match="does not say what made it, as an older dslm"):
        predict(Scripted(), source, out)


def test_a_line_that_is_cut_anywhere_is_answered_again(source: Path, out: Path) -> None:
    write_lines(source, [{"id": 'a "b" \\ é', "input": "A-1"}])
    predict(Scripted(), source, out)
    whole = out.read_bytes()
    for length in range(len(whole)):
        out.write_bytes(whole[:length])
        predict(Scripted(), source, out)
        assert out.read_bytes() == whole


def test_an_input_is_never_taken_for_the_output(source: Path) -> None:
    source.write_text('{"id": "g-000", "input": "A-1"}')
    with pytest.raises(InputError, match="its last line is no answer"):
        predict(Scripted(), source, source)
    assert source.read_text() == '{"id": "g-000", "input": "A-1"}'


def test_what_another_run_wrote_meanwhile_stays(source: Path, out: Path) -> None:
    asked = read_asked(source, out)
    with pytest.raises(KeyboardInterrupt):
        predict(Scripted(fails_after=4), source, out)
    before = out.read_bytes()
    with pytest.raises(EnvironmentFault, match="was written into while the model was loaded"):
        answer(cast(Decider, Scripted()), asked, out)
    assert out.read_bytes() == before


def test_two_runs_do_not_write_into_one_file(source: Path, out: Path) -> None:
    @dataclass
    class Meanwhile(Scripted):
        def answer(
            self, texts: Sequence[str], progress: Callable[[int], None]
        ) -> list[tuple[Prediction, Decision]]:
            with pytest.raises(EnvironmentFault, match="another run writes into it"):
                predict(Scripted(), source, out)
            return super().answer(texts, progress)

    assert sum(predict(Meanwhile(), source, out).values()) == COUNT
    assert ids(out) == [c.id for c in cases(COUNT)]


@pytest.mark.parametrize("forged", [{"action": "fly"}, {"action": ["x"]}, {"action": None},
                                    {"made_from": 5}, {"id": 7}, {"confidence": -1}])  # fmt: skip
def test_a_line_that_is_no_whole_answer_is_not_counted(
    source: Path, out: Path, forged: dict[str, Any]
) -> None:
    predict(Scripted(), source, out)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    write_lines(out, [lines[0], lines[1] | forged, *lines[2:]])
    with pytest.raises(InputError, match=r"out\.jsonl:2: is no answer of dslm"):
        predict(Scripted(), source, out)


def test_a_second_answer_to_a_case_is_refused(source: Path, out: Path) -> None:
    predict(Scripted(), source, out)
    out.write_bytes(out.read_bytes() + out.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(InputError, match=r"out\.jsonl:11: holds a second answer to case 'g-000'"):
        predict(Scripted(), source, out)
