"""Invented names, word for word from built-in lists. Called by `surrogates`.

A word's surrogate depends on the key and the word alone, unless another draw was told it
(`distinct_surrogates`), so Anna Weber, WEBER, Anna and A. Weber stay one person. First words are
taken for given names, but for companies'. Legal forms, titles and particles stay, and those of a
company's words that many groups share.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import count, islice

from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.names.name_lists import FAMILY_NAMES, GIVEN_NAMES
from dslm.curation.personal.surrogates.distinct_surrogates import NOT_MOVED, Moved
from dslm.curation.personal.surrogates.keyed_draws import KeyedDraws
from dslm.curation.personal.variants.letters_and_digits import heard
from dslm.curation.personal.variants.name_variants import (
    KEPT,
    NAMES_TOO,
    WORD,
    letters_of_form,
    shared_words,
    transcribed,
)

LISTED = 30  # draws of a name from the lists; further ones are invented
SHORTEST_INVENTED = 4
LONG_NUMBER = 3  # digits, from which on they may be somebody's
GIVEN, FAMILY, NUMBER = "given", "family", "number"  # what a word is drawn as
NEAR = 2  # letters that a surrogate may be longer or shorter, as long as a list has such


class Renamer:
    """The names of one key."""

    def __init__(self, key: bytes):
        self._key = key
        self._word = lru_cache(maxsize=1 << 16)(self._drawn)

    def spelled(self, name: Identity, text: str, moved: Moved = NOT_MOVED) -> str:
        """A name's surrogate, in the order, the case and the separators of `text`."""
        words = name.value.split()
        given = self._surrogates(name, moved)
        people = name.kind != "company"  # "S.A.R.L." holds nobody's initials
        initials = {w[0]: made[0] for w, made in reversed(given.items()) if people}

        def replaced(word: str) -> str:
            folded = heard(word, "letters")
            made = given.get(folded) or (initials.get(folded, word) if len(word) == 1 else word)
            return _cased_like(word, made)

        if run := _run_together(words, text):
            return _together(text, [given.get(word) or initials.get(word, word) for word in run])
        return WORD.sub(lambda match: replaced(match[0]), text)

    def made(self, unit: Identity, nth: int) -> str:
        """What the nth draw makes of a word."""
        return self._word(unit, nth)

    def _surrogates(self, name: Identity, moved: Moved) -> dict[str, str]:
        """What stands for each word that says whose name it is."""
        made = {unit.value: self._word(unit, max(moved.get(unit, 0), 0)) for unit in units(name)}
        others = {other: new for word, new in made.items() for other in transcribed(word)}
        return made | {heard(word, "letters"): new for word, new in (others | made).items()}

    def _drawn(self, unit: Identity, nth: int) -> str:
        word = unit.value
        if unit.form == NUMBER:
            return next(islice(self._numbers(word), nth, None))
        fitting = _fitting(unit.form == GIVEN, len(word), word[0])
        if nth < min(LISTED, len(fitting) // 2):
            return next(islice(self._listed(word, fitting), nth, None))
        invented = KeyedDraws(self._key, "name", word, str(nth)).word(
            max(len(word), SHORTEST_INVENTED)
        )
        return invented.title()

    def _listed(self, word: str, fitting: list[str]) -> Iterator[str]:
        """Names of a list, each once."""
        draw, seen = KeyedDraws(self._key, "name", word), set()
        while True:
            name = draw.one_of(fitting)
            if name not in seen:
                seen.add(name)
                yield name

    def _numbers(self, word: str) -> Iterator[str]:
        """Digits of a user's name: "halton 4223"."""
        for nth in count():
            made = KeyedDraws(self._key, "name", word, *([str(nth)] if nth else [])).digits(
                len(word)
            )
            yield made if made != word else made[::-1][:-1] + str((int(made[0]) + 1) % 10)


@lru_cache(maxsize=1 << 16)
def units(name: Identity) -> tuple[Identity, ...]:
    """The words that say whose name it is, each as what it is drawn as."""
    words = name.value.split()
    bearing = [w for n, w in enumerate(words) if _is_bearing(words, n)] or words
    if name.kind == "company":
        form = letters_of_form(words)
        bearing = [w for w in words if w not in KEPT | form and not w.isdigit()] or words
        # One that has shared words alone would stay as it is
        bearing = [w for w in bearing if w not in shared_words(name)] or bearing
    alone = len(words) == 1 or len(bearing) > 1
    forms = {
        word: GIVEN if name.kind == "name" and alone and word == bearing[0] else FAMILY
        for word in bearing
    }
    least = 1 if all(w.isdigit() for w in bearing) else LONG_NUMBER
    forms |= {w: NUMBER for w in words if w.isdigit() and len(w) >= least}
    return tuple(Identity("name", form, word) for word, form in forms.items())


def _is_bearing(words: list[str], place: int) -> bool:
    """Whether a word of a person's name says whose it is: of "Le Thi Hoa" and "Anna Le" all do."""
    word = words[place]
    if word in NAMES_TOO and len(words) > 1:
        last = place == len(words) - 1
        return last or (place == 0 and len(words) > 2 and words[1] not in KEPT)
    return word not in KEPT and not word.isdigit()


@lru_cache(maxsize=1 << 12)
def _fitting(given: bool, length: int, initial: str) -> list[str]:
    """Names of about a length that begin otherwise, and so are others."""
    names = _by_length(given=given)
    nearest = min(names, key=lambda one: (abs(one - length), one))
    fitting = [n for size in range(nearest - NEAR, nearest + NEAR + 1) for n in names.get(size, ())]
    return [name for name in fitting if name[0].casefold() != initial]


@lru_cache(maxsize=2)
def _by_length(*, given: bool) -> dict[int, list[str]]:
    sorted_names: dict[int, list[str]] = {}
    for name in GIVEN_NAMES if given else FAMILY_NAMES:
        sorted_names.setdefault(len(name), []).append(name)
    return sorted_names


def _run_together(words: list[str], text: str) -> list[str] | None:
    """The name's words in their order, where a text parts them elsewhere than between them.

    Umlauts may be in two letters, and of the first word there may be the initial: "jmueller".
    """
    seen = [heard(word, "letters") for word in WORD.findall(text)]
    said = "".join(seen)
    for run in _runs(words):
        if said in _heard_as("".join(run)):
            apart = len(seen) == len(run)
            whole = apart and all(one in _heard_as(w) for one, w in zip(seen, run, strict=True))
            return None if whole else run
    return None


def _runs(words: list[str]) -> Iterator[list[str]]:
    """Words of a name that may stand together: all, the last first, some, with an initial."""
    yield words
    yield [words[-1], *words[:-1]]
    for last in range(1, len(words) + 1):
        yield from (words[first:last] for first in range(last))
    yield [words[0][0], words[-1]]
    yield [words[-1], words[0][0]]


@lru_cache(maxsize=1 << 16)
def _heard_as(word: str) -> frozenset[str]:
    return frozenset(heard(one, "letters") for one in (word, *transcribed(word)))


def _together(text: str, made: list[str]) -> str:
    """Names in one, or letter by letter, as the text has them."""
    spelled_out = all(len(word) == 1 for word in WORD.findall(text))
    whole = " ".join("".join(made)) if spelled_out else "".join(made)
    return whole.upper() if text.isupper() else whole.lower() if text.islower() else whole


def _cased_like(word: str, made: str) -> str:
    if word.isupper() and (len(word) > 1 or len(made) == 1):
        return made.upper()
    return made.lower() if word.islower() else made
