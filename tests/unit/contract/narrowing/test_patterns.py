from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from llguidance import LLMatcher
from narrowed_walks import BYTES

from dslm.contract.answer import grammar
from dslm.contract.narrowing.patterns import whole_text

PIECES = st.sampled_from(["a", "b", ".", "[ab]", "^", "$", r"\d", "[^)|]", r"\(", "/", r"\."])
TIMES = st.sampled_from(["", "", "", "?", "*", "{2,3}", "+"])
ATOMS = st.tuples(PIECES, TIMES).map(lambda both: both[0] + ("" if both[0] in "^$" else both[1]))


def _grouped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    rows = st.lists(inner, min_size=1, max_size=3).map("".join)
    groups = st.tuples(
        st.sampled_from(["(", "(?:"]), st.lists(rows, min_size=1, max_size=3).map("|".join), TIMES
    ).map(lambda found: f"{found[0]}{found[1]}){found[2]}")
    return rows | groups


PATTERNS = st.lists(st.recursive(ATOMS, _grouped, max_leaves=6), min_size=1, max_size=3).map(
    "|".join
)
TEXTS = st.text("ab1(/.", max_size=5)


def accepts(written: str, text: str) -> bool | None:
    """Whether a grammar accepts a text; None where llguidance refuses the grammar."""
    matcher = LLMatcher(BYTES, written, log_level=0)
    if matcher.is_error():
        return None
    data = f'"{text}"'.encode()
    return matcher.try_consume_tokens(list(data)) == len(data) and bool(matcher.is_accepting())


@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=4))
def test_a_pattern_finds_the_same_texts_as_in_the_contracts_grammar(
    pattern: str, texts: list[str]
) -> None:
    lark = LLMatcher.grammar_from_lark(f'start: T\nT: "\\"" /{whole_text(pattern)}/ "\\""')
    for text in texts:
        found = accepts(lark, text)
        assume(found is not None)  # an anchor in the middle: such a field is never held to it
        wide = accepts(grammar({"type": "string", "pattern": pattern}), text)
        assert found == bool(wide)


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?i)a", "(?!a)", "a)b", "(?<!a)b"])
def test_flags_look_arounds_and_stray_brackets_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="flags or look-arounds|never opened"):
        whole_text(pattern)
