"""Names as words, and the ways to write one: Anna Weber, WEBER, Anna, A. Weber.

Where a name stands is known from a field of the case that holds it (`data.personal.names`), or from
`presidio_names`; here are the spellings to look for. Called by `replace_in_case` and
`replace_everywhere`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.names.common_words import FUNCTION_WORDS
from dslm.curation.personal.variants.escaped_characters import readings, unescaped

# Vowel signs and accents belong to their letters: most of a name in Hindi or Thai is such.
_LAST_MARK: Final = 0x12000
_MARKS = "".join(c for c in map(chr, range(0x300, _LAST_MARK)) if unicodedata.category(c)[0] == "M")
WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
SHORTEST_PART = 2  # in the cases of its group
SHORTEST_ELSEWHERE = 3
SHORTEST_RUN = 5
SHORTEST_NUMBER = 4  # digits in a user's name
# Stay as they are: they say of what kind a name is, not whose.
_LEGAL_FORMS = (
    "ab ag as bv co corp eurl gbr gmbh inc kg kgaa limited llc llp ltd nv oy plc sa sarl sas sasu "
    "sci se sl spa srl ug"
)
_PARTICLES = "and da de del della den der des di du et la le of the und van vom von y zu"
_TITLES = "dr frau herr m mlle mme mr mrs ms prof sir"
PARTICLES = frozenset(_PARTICLES.split())
KEPT = frozenset(f"{_LEGAL_FORMS} {_TITLES}".split()) | PARTICLES
_LETTERS_OF_FORMS = frozenset([*_LEGAL_FORMS.split(), "ek", "eg", "ev", "snc", "zoo"])
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
# Of these some are family names too: of "Anna Le" the last word is whose it is.
NAMES_TOO = frozenset({"den", "du", "la", "le", "van", "zu"})
_IN_TWO = re.compile(r"ae|oe|ue|aa")
UNTELLING = KEPT | FUNCTION_WORDS


def words_of(name: str) -> list[str]:
    """A name's words, case folded; of "Weber, Anna" the given name first."""
    last, comma, first = unicodedata.normalize("NFC", unescaped(readings(name)[0])).partition(",")
    ordered = f"{first} {last}" if comma and WORD.search(first) else f"{last}{comma}{first}"
    return WORD.findall(ordered.casefold())


def shared_words(name: Identity) -> frozenset[str]:
    """Those of a company's words that many groups share: they mean nobody by themselves."""
    return frozenset(name.form.split())


def letters_of_form(words: list[str]) -> frozenset[str]:
    """Those of a company's words that are the letters of its legal form: S.A.R.L."""
    last = len(words)
    while last and len(words[last - 1]) == 1:
        last -= 1
    return frozenset(words[last:] if "".join(words[last:]) in _LETTERS_OF_FORMS else ())


def whole_spellings(name: Identity) -> set[str]:
    """The name and the name with its last word first, both joined; a company's as it is."""
    words = name.value.split()
    if name.kind == "company":
        return {"".join(words)}
    return {"".join(words), "".join([words[-1], *words[:-1]])}


def short_spellings(name: Identity) -> set[str]:
    """The last word with the first one's initial, before or behind it; of a person alone."""
    words = name.value.split()
    if name.kind == "company" or len(words) < 2 or len(words[-1]) < SHORTEST_ELSEWHERE:
        return set()
    return {words[0][0] + words[-1], words[-1] + words[0][0]}


def parts(name: Identity) -> set[str]:
    """Single words of the name that may stand for it: "Dear Anna", "Mr Weber"."""
    words, untelling = name.value.split(), UNTELLING | shared_words(name)
    return {word for word in words
            if len(word) >= (SHORTEST_NUMBER if word.isdigit() else SHORTEST_PART)
            and word not in untelling}  # fmt: skip


def runs(name: Identity) -> set[str]:
    """Words that follow each other, in one: "annalena" of Anna-Lena Gross."""
    words = name.value.split()
    ends = range(1, len(words) + 1)
    inner = [words[first:last] for last in ends for first in range(last - 1)]
    if shared := shared_words(name):
        inner = [run for run in inner if not shared.union(KEPT).issuperset(run)]
    made = {"".join(run) for run in inner}
    return {run for run in made if len(run) >= SHORTEST_RUN}


def transcribed(word: str) -> set[str]:
    """A word with its umlauts in two letters, or the other way: Müller, Mueller."""
    spelled = word.translate(_UMLAUTS)
    plain = _IN_TWO.sub(lambda match: match[0][0], word)
    return {spelled, *([plain] if len(plain) >= SHORTEST_RUN else [])} - {word}
