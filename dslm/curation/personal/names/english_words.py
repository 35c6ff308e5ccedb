"""Common English words by a language model's vocabulary, and how the list is made again.

What a tokenizer keeps as one token in small letters, after a blank, is a word that much text has;
names stand there in capitals, or in pieces: "musical", "pudding", but not "katarina". The list is
made of the vocabulary of SmolLM2 (Apache-2.0), the base that `dslm base prepare` prepares:

    from dslm.curation.personal.names.english_words import write
    write(Path("tokenizer.json"))

Names that many bear are left out, words that are more often written with a capital letter too, and
short beginnings of words. Read by `known_values`; the test makes the file again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from dslm.curation.personal.names.frequent_names import may_be_name
from dslm.provenance import write_atomic
from dslm.strict_json import strict_json

FILE = Path(__file__).with_name("english_words.json")
_BLANK = "Ġ"  # how byte-level BPE writes the blank before a word
_SMALL = re.compile(rf"{_BLANK}[a-z]{{4,}}")
_WHOLE = 6  # letters from which a token is hardly the beginning of a longer word
_OFTEN = 8_000  # of the vocabulary's first tokens, which are whole words
_ENDINGS = ("s", "es", "ed", "ing", "ly", "er")
PER_LINE = 12


def words_of(vocabulary: dict[str, int]) -> list[str]:
    """The common words of a vocabulary, token → number, in the alphabet's order."""
    small = {token[1:]: n for token, n in vocabulary.items() if _SMALL.fullmatch(token)}

    def is_word(word: str, number: int) -> bool:
        capital = vocabulary.get(f"{_BLANK}{word.capitalize()}", number + 1)
        whole = len(word) >= _WHOLE or number < _OFTEN or any(word + e in small for e in _ENDINGS)
        return whole and number < capital and not may_be_name(word)

    return sorted(word for word, number in small.items() if is_word(word, number))


def file_of(tokenizer: Path) -> str:
    """The file of words by a `tokenizer.json`."""
    words = words_of(strict_json(tokenizer.read_bytes())["model"]["vocab"])
    lines = [" ".join(words[n : n + PER_LINE]) for n in range(0, len(words), PER_LINE)]
    return json.dumps({"words": lines}, indent=0) + "\n"


def write(tokenizer: Path) -> None:
    """Make the file again."""
    write_atomic(FILE, file_of(tokenizer))


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """The list."""
    return frozenset(_listed(strict_json(FILE.read_bytes())["words"]))


def _listed(lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield from line.split()
