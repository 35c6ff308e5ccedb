from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dslm.contract.schemas.canonical_values import written
from dslm.contract.schemas.grammar_acceptance import accepts
from dslm.contract.schemas.regex_patterns import PatternError, whole_pattern


def matches(pattern: str, text: str) -> bool:
    """Whether validator and grammar take a text, which they must agree on."""
    schema: dict[str, Any] = {"type": "string", "pattern": whole_pattern(pattern)}
    valid = bool(jsonschema_rs.Draft202012Validator(schema).is_valid(text))
    assert accepts(json.dumps(schema), written(text)) == valid
    return valid


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        ("b", ["b", "abc"], ["", "a"]),
        ("^a|b$", ["ax", "xb"], ["xa", "bx"]),
        ("(^a|b$)", ["ax", "xb"], ["xa", "bx"]),
        ("^(a|b)$", ["a", "b"], ["ab", "ax"]),
        (r"^\d$", ["1"], ["١", "１", "a"]),
        (r"^\w+$", ["aZ_9"], ["é", "а"]),
        (r"^\s$", [" ", "\u00a0", "\u2028", "\ufeff"], ["x", "\u200b"]),
        (r"^\S\D\W$", ["xx-"], ["x1-", "xxx", " x-"]),
        ("^[a&&b]$", ["a", "b", "&"], ["c"]),
        ("^[[]$", ["["], ["]"]),
        (r"^[\]\-^]$", ["]", "-", "^"], ["\\"]),
        ("^.$", ["a", "é", "\U0001f600", '"', "\\", "\x1f", "\x7f"], ["\n", "\r", "\u2028", "ab"]),
        ('^[^"]*$', ["a\\b", "\x1f"], ['a"b', '"']),
        (r"^[^\\]*$", ['a"b'], ["a\\b"]),
        (r"^[\x01-\x1f]$", ["\x1f", "\n"], ['"', "\\", "a"]),
        (r"^[^\W_]+$", ["aZ9"], ["_", "é"]),
        (r"^\p{L}\P{L}$", ["é1", "ж-"], ["11", "éé"]),
        (r"^\u00e9\u{1F600}\uD83D\uDE00$", ["é\U0001f600\U0001f600"], ["e"]),
        (r"^\/\t\n$", ["/\t\n"], ["/tn"]),
        ("^(?:ab){2,}?c*?$", ["abab", "ababcc"], ["ab"]),
        ("^(?<year>[0-9]{4})$", ["2025"], ["205"]),
        ("", ["", "a"], []),
        ("^$", [""], ["a", "\n"]),
        ("a$", ["a"], ["a\n"]),
        ("a|", ["", "x"], []),
    ],
)
def test_a_pattern_means_what_ecma_says(pattern: str, right: list[str], wrong: list[str]) -> None:
    assert [text for text in right if not matches(pattern, text)] == []
    assert [text for text in wrong if matches(pattern, text)] == []


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("(?=a)", "look-around"), ("(?!a)", "look-around"), ("(?<=a)b", "look-around"),
        (r"\bx", "look around"), (r"(a)\1", "back-reference"), (r"(?<n>a)\k<n>", "back-reference"),
        ("(?i)a", "flags"), (r"\Aa", "write ^ and $"), (r"a\Z", "write ^ and $"),
        ("a^b", "in the middle"), ("a$b", "in the middle"), ("(^a|b)c", "in the middle"),
        ("(^a)*", "in the middle"), ("((a$)|b)c", "in the middle"), ("[[:alpha:]]", "[:name:]"),
        (r"\p{Greek}", "general category"), (r"[\P{L}]", "within brackets"),
        ("a{2,1}", "backwards"),
        ("a**", "nothing to repeat"), ("+a", "nothing to repeat"), ("{a}", "nothing to repeat"),
        ("(a", "nothing closes"), ("a)", "nothing opened"), ("[a", "nothing closes"),
        ("[]", "nothing is in"), ("[z-a]", "does not end"), ("\\", "at the end"),
        (r"\x00", "U+0000"), (r"\uD83D", "no character"), (r"\u{110000}", "no character"),
        (r"\q", "no escape"), (r"\01", "back-reference"),
    ],
)  # fmt: skip
def test_what_no_grammar_can_hold_is_told(pattern: str, says: str) -> None:
    with pytest.raises(PatternError, match=re.escape(says)):
        whole_pattern(pattern)


_PARTS = st.sampled_from(
    [
        "a",
        "b",
        ".",
        r"\d",
        r"\w",
        r"\W",
        r"\s",
        "[^a]",
        '[^"]',
        r"[\\a-c]",
        "[&-~]",
        r"\.",
        "é",
        "-",
    ]
)
_COUNTS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "{0,}", "*?"])
_ATOMS = st.recursive(
    _PARTS, lambda inner: st.lists(inner, min_size=1, max_size=3).map(
        lambda parts: f"({'|'.join(parts)})"), max_leaves=5,
)  # fmt: skip
_PATTERNS = st.tuples(
    st.sampled_from(["", "^"]), st.lists(st.tuples(_ATOMS, _COUNTS).map("".join), max_size=4),
    st.sampled_from(["", "$"]),
).map(lambda parts: parts[0] + "".join(parts[1]) + parts[2])  # fmt: skip
_TEXTS = st.text(st.sampled_from('ab1 _-.é"\\\n\x1f\x7f&ä\u2028A'), max_size=6)


@pytest.mark.slow
@settings(max_examples=100)
@given(_PATTERNS, st.lists(_TEXTS, max_size=6))
def test_validator_grammar_and_python_read_a_pattern_alike(pattern: str, texts: list[str]) -> None:
    found = whole_pattern(pattern)
    assert whole_pattern(found) == found
    # Python's own reading, its `.` and `$` being others
    others = {"$": r"\Z", ".": "[^\n\r\u2028\u2029]"}
    ours = re.compile(
        re.sub(r"\\.|[.$]", lambda sign: others.get(sign[0], sign[0]), pattern), re.ASCII
    )
    for text in texts:
        expected = ours.search(text) is not None
        if r"\s" not in pattern or not set(text) & set("\u2028\x1f"):
            assert matches(pattern, text) == expected
