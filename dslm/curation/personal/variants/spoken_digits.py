"""Spoken digits as digits: "four double five", "oh two", "twenty-one", "vier fünf sechs".

English ones always; those of other languages where three follow each other, since "un", "due" and
"sei" mean other things too. Used by `letters_and_digits` to hear a text, and by
`free_form_surrogates` to speak like one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

_UNITS = {"zero": "0", "nought": "0", "naught": "0", "one": "1", "two": "2", "three": "3",
          "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
          "niner": "9"}  # fmt: skip
_TEENS = {"ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
          "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18",
          "nineteen": "19"}  # fmt: skip
_TENS = {"twenty": "2", "thirty": "3", "forty": "4", "fourty": "4", "fifty": "5", "sixty": "6",
         "seventy": "7", "eighty": "8", "ninety": "9"}  # fmt: skip
_NOUGHTS = frozenset({"o", "oh", "owe"})  # among digits only
_WRITTEN = 4  # digits written together that others are spoken beside
_TIMES = {"double": 2, "triple": 3, "treble": 3}
# German, Dutch, French, Spanish, Portuguese, Italian, Russian, Chinese: 0 to 9, as folded.
_LANGUAGES = (
    ("null", "eins", "zwei", "drei", "vier", "funf", "sechs", "sieben", "acht", "neun"),
    ("nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"),
    ("zero", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    ("zero", "um", "dois", "tres", "quatro", "cinco", "seis", "sete", "oito", "nove"),
    ("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"),
    ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"),
    ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九"),
)
_OTHER_WORDS = {"zwo": "2", "fuenf": "5", "une": "1", "meia": "6", "〇": "0", "幺": "1"}
_OTHER_HAN = {"〇": "零", "幺": "一"}
_ELSEWHERE = {
    word: str(digit) for words in _LANGUAGES for digit, word in enumerate(words)
    if word not in _UNITS
} | _OTHER_WORDS  # fmt: skip
_RUN = 3
_MOST_NOUGHTS = 12  # that are said in a row
MAY_SAY_DIGITS = frozenset([*_UNITS, *_TEENS, *_TENS, *_TIMES, *_NOUGHTS, *_ELSEWHERE])
_SPOKEN = re.compile(rf"(?i)\b(?:{'|'.join([*_UNITS, *_TEENS, *_TENS])})")
_ENGLISH = tuple({digit: word for word, digit in reversed(_UNITS.items())}[d] for d in "0123456789")


def as_digits(said: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Folded words as heard: from which to before which, and their characters or digits."""
    place = 0
    while place < len(said):
        taken, digits = _digits_at(said, place) if said[place] in MAY_SAY_DIGITS else (0, "")
        yield (place, place + taken, digits) if taken else (place, place + 1, said[place])
        place += taken or 1


def _digits_at(words: Sequence[str], place: int) -> tuple[int, str]:
    """How many words from a place on say digits together, and which; 0 for none."""
    said = words[place]
    if said in _ELSEWHERE:
        return (1, _ELSEWHERE[said]) if _in_run(words, place) else (0, "")
    following = words[place + 1] if place + 1 < len(words) else ""
    if said in _UNITS:
        return 1, _UNITS[said]
    if said in _TEENS:
        return 1, _TEENS[said]
    if said in _TENS:
        unit = _UNITS.get(following, "0")
        return (2, _TENS[said] + unit) if unit != "0" else (1, f"{_TENS[said]}0")
    if said in _TIMES:
        again = following if len(following) == 1 and following.isdigit() else _UNITS.get(following)
        again = "0" if following in _NOUGHTS else again
        return (2, again * _TIMES[said]) if again else (0, "")
    before = (words[n] for n in range(place - 1, -1, -1))
    behind = (words[n] for n in range(place + 1, len(words)))
    near = (_beyond_noughts(before), _beyond_noughts(behind))
    if any(word in _UNITS or word in _TIMES or _is_said_in_part(word) for word in near):
        return 1, "0"
    return 0, ""


def _is_said_in_part(word: str) -> bool:
    """Whether written digits may have spoken ones beside them; not 43004, of "OH 43004"."""
    return word.isdigit() and len(word) <= _WRITTEN


def _beyond_noughts(words: Iterable[str]) -> str:
    """The first of some words that is no nought: "oh oh nine"."""
    return next((word for word in islice(words, _MOST_NOUGHTS) if word not in _NOUGHTS), "")


def _in_run(words: Sequence[str], place: int) -> bool:
    """Whether enough digits of other languages, or written ones, follow each other there."""
    first = last = place
    while first > 0 and place - first < _RUN and _is_digit(words[first - 1]):
        first -= 1
    while last + 1 < len(words) and last - place < _RUN and _is_digit(words[last + 1]):
        last += 1
    return last - first + 1 >= _RUN


def _is_digit(word: str) -> bool:
    return word in _ELSEWHERE or word in _UNITS or (len(word) == 1 and word.isdigit())


def is_spoken(words: Sequence[str]) -> bool:
    """Whether some digits of folded words are spoken."""
    return any(word in _ELSEWHERE for word in words) or _SPOKEN.search(" ".join(words)) is not None


def spoken_like(word: str, digits: str) -> str:
    """Digits in the language of a folded word that says some."""
    word = _OTHER_HAN.get(word, word)
    said = next((words for words in _LANGUAGES if word in words and word not in _UNITS), _ENGLISH)
    return " ".join(said[int(digit)] for digit in digits)
