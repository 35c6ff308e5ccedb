"""An input as whole words in a row, and the llguidance terminals of what may be copied from it.

Takes an input's text; gives its words with what stands between them, in every spelling that a copy
may have, and the Lark lines that accept any run of whole words. Used by `grammars`. A run is found
by llguidance's substring automaton: its size grows with the input, not with the square of it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from dslm.contract.folding import compatible, fold
from dslm.contract.words import glued, stands_alone

WALL = "\n"  # stands nowhere in a JSON text, so that no copy reaches across it
_CAPITALS = re.compile(r"[^\W\d_]{5,}")  # longer than legal forms and most abbreviations
# Of kinds, one a character (see `_Kinds`): words, a dot, and what stands between words.
_CHUNKS = re.compile(r"(?P<word>(?:wm*)+|[os]m*)|\.|(?P<wall>x+)|[^wos.x]+")


class _Kinds(dict[int, str]):
    """Character → w of a word, o one of its own, m its mark, s a sign that folding keeps, x wall.

    Letters of some scripts stand alone, as in grounding: these need no blanks between words. A mark
    stays with what it marks. No copy reaches across a control character. What a character is, its
    composed form says, which is what grounding looks at: `º` is an `o`.
    """

    def __missing__(self, code: int) -> str:
        kinds = "".join(map(_kind, unicodedata.normalize("NFKC", chr(code))))
        kind = kinds[0]
        if len(set(kinds)) > 1:  # ½ is three characters, ㈱ too
            edges = kinds[0] + kinds[-1]
            kind = "w" if "w" in edges else "o" if {"w", "o", "s"} & set(kinds) else "-"
        self[code] = kind
        return kind


def _kind(char: str) -> str:
    category = unicodedata.category(char)
    if char == ".":
        return "."
    if category[0] == "M" or "\u1160" <= char <= "\u11ff":  # or of a syllable in Hangul
        return "m"
    if char.isalnum():
        return "o" if stands_alone(char) else "w"
    if category in {"Cc", "Cs"}:
        return "x"
    return "s" if fold(char) else "-"


_KINDS = _Kinds()


@dataclass(frozen=True)
class Words:
    """A text in chunks: whole words, dots, and what stands between; `whole`: which are words."""

    chunks: tuple[str, ...]
    whole: tuple[bool, ...]

    @cached_property
    def shortest(self) -> int:
        """Characters of the shortest word; 0 where there is none."""
        found = zip(self.chunks, self.whole, strict=True)
        return min((len(chunk) for chunk, whole in found if whole), default=0)

    def edges(self, place: int) -> tuple[set[str], set[str]]:
        """The characters at one end (0 or -1) of its words, and of what stands between."""
        words: set[str] = set()
        between: set[str] = set()
        for chunk, whole in zip(self.chunks, self.whole, strict=True):
            (words if whole else between).add(chunk[place])
        return words, between


@lru_cache(maxsize=4)
def words_of(text: str) -> Words:
    """The words of a text as it stands, blanks between them as one."""
    text = re.sub(r"\s+", " ", text).strip()
    chunks, whole = [], []
    kinds = text.translate(_KINDS)
    for start, end in glued(text):
        kinds = kinds[:start] + "w" * (end - start) + kinds[end:]
    for match in _CHUNKS.finditer(kinds):
        chunks.append(WALL if match["wall"] else text[match.start() : match.end()])
        whole.append(match["word"] is not None)
    return Words(tuple(chunks), tuple(whole))


@lru_cache(maxsize=4)
def spellings(text: str) -> tuple[tuple[str, ...], ...]:
    """The chunks of a text in every spelling that a copy may have, each once.

    As it stands; with characters composed as grounding composes them (`ﬁ` is `fi`); and of that
    Title, UPPER, lower, and capitals as title (DELMAS SARL as Delmas SARL).
    """
    composed = words_of(compatible(text))
    found = zip(composed.chunks, composed.whole, strict=True)
    changed = zip(*(_cases(c) if whole else (c,) * 4 for c, whole in found), strict=True)
    return tuple(dict.fromkeys([words_of(text).chunks, composed.chunks, *changed]))


@lru_cache(maxsize=1 << 15)
def _cases(word: str) -> tuple[str, ...]:
    """A word in other cases, as it is where that would make it another word (`ı` and `I`)."""
    capitals = _CAPITALS.sub(lambda match: match.group().title(), word)
    made = (word.title(), word.upper(), word.lower(), capitals)
    same = fold(word)
    return tuple(one if one == word or fold(one) == same else word for one in made)


@lru_cache(maxsize=4)
def copy_terminals(text: str) -> str:
    """The Lark lines of `COPY`, which accepts any run of whole words, escaped as in JSON.

    A dot after its last word may go with it (Inc., S.A.).
    """
    found = spellings(text)
    lines = [f"SPELT_{n}: {_substring(chunks)}" for n, chunks in enumerate(found)]
    run = rf"{_no_edge(text, 0)}(.*{_no_edge(text, -1)})?\.?"
    spelt = " | ".join(f"SPELT_{n}" for n in range(len(found)))
    return "\n".join([*lines, f"COPY: ({spelt}) & /{run}/"])


def _substring(chunks: tuple[str, ...]) -> str:
    """The automaton of chunks in a row, as JSON has them within a string: see `_kind`'s walls."""
    if any('"' in chunk or "\\" in chunk for chunk in chunks):
        chunks = tuple(chunk.replace("\\", "\\\\").replace('"', '\\"') for chunk in chunks)
    return "%regex " + json.dumps({"substring_chunks": chunks}, ensure_ascii=False)


def _no_edge(text: str, place: int) -> str:
    """A regular expression of one character that can begin (0) or end (-1) a word of the text."""
    found = [words_of(one).edges(place) for one in (text, compatible(text))]
    outside = set().union(*(between for _, between in found)) - {"\n"}
    outside -= set().union(*(words for words, _ in found))
    written = "".join(rf"\u{{{ord(char):x}}}" for char in sorted(outside))
    return rf'[^"\\\n{written}]'
