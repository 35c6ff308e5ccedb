from __future__ import annotations

import itertools
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.repositories.scored_rows import MINI

from dslm.contract.answers.answer_confidence import kept_log_probs, read_answer
from dslm.records import LogProbs

TEXT = '{"kind":"order","number":"ü-1"}'


def pieces_of(text: str, *cuts: int) -> list[bytes]:
    """A text's bytes cut into tokens."""
    raw, places = text.encode(), sorted({0, len(text.encode()), *cuts})
    return [raw[a:b] for a, b in itertools.pairwise(places)]


def test_a_field_s_confidence_is_that_of_the_tokens_that_reach_into_its_value() -> None:
    pieces = [b'{"kind":"', b"or", b"der", b'",', b'"num', b'ber":"', b"\xc3", b"\xbc", b'"', b"}"]
    probabilities = (0.9, 0.8, 0.7, 0.6, 0.5, 0.95, 0.85, 0.75, 0.65, 0.55)
    kept = kept_log_probs(pieces, [math.log(p) for p in probabilities])
    read = read_answer(MINI, b"".join(pieces).decode(), "stop", kept)
    assert read.field_confidence == {
        "kind": pytest.approx(0.9 * 0.8 * 0.7 * 0.6, abs=1e-6),
        "number": pytest.approx(0.95 * 0.85 * 0.75 * 0.65, abs=1e-6),
    }
    assert read.confidence == pytest.approx(math.prod(probabilities), abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        '{"kind":"order","number":"\\"number\\":"}',  # a field's name inside a value
        '{"number":"A","kind":"order"}',  # another order than the schema's
        '{"k\\u0069nd":"order","number":"A"}',  # a name written otherwise
        ' { "kind" : "order" , "number" : null } ',
        '\ufeff{"kind":"order","number":null}',
    ],
)
def test_values_are_found_however_the_object_is_written(text: str) -> None:
    read = read_answer(MINI, text, "stop", ())
    assert read.object is not None
    assert read.field_confidence == {"kind": 1.0, "number": 1.0}
    at = len(text[: text.rindex('"order"')].encode())
    unsure = read_answer(MINI, text, "stop", ((at, 7, math.log(0.5)),))
    assert unsure.field_confidence == {"kind": 0.5, "number": 1.0}


def test_a_token_that_was_certain_is_not_kept() -> None:
    """In float32 its logarithm may be a little above 0."""
    kept = kept_log_probs(pieces_of(TEXT, 3, 6, 9), [0.0, 1e-5, -4e-7, -0.1234567])
    assert kept == ((9, len(TEXT.encode()) - 9, -0.123457),)
    assert read_answer(MINI, TEXT, "stop", ()).confidence == 1.0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_has_no_probability_is_no_answer(bad: float) -> None:
    assert kept_log_probs([b"a", b"b"], [-0.1, bad]) is None
    read = read_answer(MINI, TEXT, "stop", None)
    assert (read.object, read.finish_reason, read.confidence) == (None, "invalid", 0.0)


@pytest.mark.parametrize(
    ("text", "finish", "follows"),
    [
        (TEXT, "stop", "stop"), (TEXT, "invalid", "stop"), (TEXT, "length", "length"),
        (TEXT[:-1], "stop", "invalid"), ('{"kind":"order"}', "stop", "invalid"),
        ("\ud800", "invalid", "invalid"), ('{"kind":"\ud800","number":null}', "stop", "invalid"),
    ],
)  # fmt: skip
def test_how_an_answer_ended_follows_from_its_text(text, finish, follows) -> None:
    read = read_answer(MINI, text, finish, ())
    assert read.finish_reason == follows
    assert (read.object is not None) == (follows == "stop")


tokens = st.lists(st.floats(max_value=0.0, min_value=-50), min_size=1, max_size=12)


@given(tokens, st.lists(st.integers(1, 40), max_size=11))
def test_reading_what_was_kept_again_gives_the_same_to_the_last_digit(
    log_probs: list[float], cuts: list[int]
) -> None:
    pieces = pieces_of(TEXT, *(cut for cut in cuts if cut < len(TEXT.encode())))
    log_probs = (log_probs * 12)[: len(pieces)]
    kept = kept_log_probs(pieces, log_probs)
    assert kept is not None
    read = read_answer(MINI, TEXT, "stop", kept)
    stored: LogProbs = tuple((a, b, p) for a, b, p in json.loads(json.dumps(kept)))
    assert read_answer(MINI, TEXT, read.finish_reason, stored) == read
    assert 0.0 <= read.confidence <= min(read.field_confidence.values()) <= 1.0
