"""Names that are no more than a common word or a single sign: Le, Can, 王.

Their letters alone tell nothing, so they are not looked for like other names. One is the name where
it is written as one: in the capitals of its label and not as the first word of a sentence that goes
on in small letters ("Can you"), a sign before a title or by itself. In the case whose field gives
it every word in these capitals is the name where none stands so; what is labelled in small letters
cannot be told from the word, and the case is dropped. Takes the values of a case or group and
texts, gives findings. Called by `group_index` for groups, by `replace_in_case` for a case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from dslm.curation.personal.found_values import COMMON, FoundValue, Identity, longest
from dslm.curation.personal.surrogates.surrogate_names import units
from dslm.curation.personal.variants.letters_and_digits import folded_words, is_unspaced
from dslm.curation.personal.variants.name_variants import UNTELLING, WORD
from dslm.curation.personal.variants.value_separators import joined

NEAR = 12  # characters around a word that are looked at
_TITLED = re.compile(
    "[ \u3000]?(?:先生|女士|小姐|太太|老师|老師|经理|經理|总|總|"
    "さん|さま|様|氏|君|くん|ちゃん|殿|씨|님)"
)
_CALLED = re.compile(r"(?:姓|叫|我是)$")
_TITLE = re.compile(
    r"\b(?:dr|frau|herr|m|mlle|mme|mr|mrs|ms|mx|prof|sir|sr|sra)\.?\s+$", re.IGNORECASE
)
_ENDING = re.compile(r"['’](?!(?:d|ll|m|re|s|t|ve)\b)\w", re.IGNORECASE)  # "Can'ın", no "Can't"
_SENTENCE_END = re.compile(r"""(?:^|[.!?…:;\n\r>|*•(\[{"'“”«»¿¡—–-])[\s"'“”«»(\[*_-]*$""")


class CommonNames:
    """The names of some values that are told by how they are written."""

    def __init__(self, values: Iterable[tuple[Identity, str]]):
        self._spelled: dict[str, Identity] = {}  # as it is written where it is the name
        self._whole: dict[str, Identity] = {}  # folded: a text that is no more than that
        for identity, text in values:
            for spelled in written_names(identity, text):
                self._spelled[spelled] = min(identity, self._spelled.get(spelled, identity))
            if identity.form == COMMON:
                whole = joined(text)
                self._whole[whole] = min(identity, self._whole.get(whole, identity))
        self._first_words = {folded_words(spelled)[0] for spelled in self._spelled}
        self._first_words.update(folded_words(i.value)[0] for i in self._whole.values())

    def __bool__(self) -> bool:
        return bool(self._first_words)

    def may_be_in(self, words: Sequence[str]) -> bool:
        """Whether a text of these folded words may hold one, which is soon said."""
        return not self._first_words.isdisjoint(words)

    def findings(self, text: str, *, own: bool = False) -> list[FoundValue]:
        """Where the names stand.

        Args:
            text: Any.
            own: Whether it is a text of the case whose fields give them.
        """
        if self._whole and (whole := self._whole.get(joined(text))):
            at = text.index(said := text.strip())
            return [FoundValue(whole.kind, at, at + len(said), said, whole)]
        found: list[FoundValue] = []
        for spelled, identity in self._spelled.items():
            if spelled in text:
                there = [*_standing(spelled, identity, text)]
                named = [one for one in there if _is_named(one, text)]
                found += named or (there if own else [])
        return longest(found)

    def untold(self, text: str, found: Iterable[FoundValue]) -> bool:
        """Whether a name stands in the text of its case and could not be told from the word."""
        told = {one.identity for one in found}
        words = f" {' '.join(folded_words(text))} "
        left = [one.value for one in {*self._whole.values()} - told if not one.value.isdigit()]
        return any(
            f" {' '.join(folded_words(value))}{'' if _is_sign(value) else ' '}" in words
            for value in left
        )


@lru_cache(maxsize=1 << 16)  # a name stands in many cases
def written_names(name: Identity, text: str) -> tuple[str, ...]:
    """How what is a common word of a name is written where it is the name; nothing for most.

    Of longer names their single words: "Mr Le" of Anna Le; `text` is how the name was found.
    """
    if name.form == COMMON:
        words = WORD.findall(text)
        whole = text.strip()
        return (whole,) if words and all(map(_is_as_a_name, words)) else ()
    if name.kind != "name" or " " not in name.value:
        return ()
    drawn = {unit.value for unit in units(name)}
    return tuple(
        word for word in WORD.findall(text)
        if word.casefold() in drawn and _is_as_a_name(word)
        and (word.casefold() in UNTELLING or (_is_sign(word) and is_unspaced(word)))
    )  # fmt: skip


def _is_sign(word: str) -> bool:
    """Whether a word is one sign that is a syllable or more: 王, 김."""
    return len(word) == 1 and word.lower() == word.upper() and not word.isdigit()


def _is_as_a_name(word: str) -> bool:
    """Whether a word is in capitals as names are, or of a script that has none."""
    if word.isdigit():
        return False
    return (word[0].isupper() and len(word) > 1) or (word.lower() == word.upper())


def _standing(spelled: str, identity: Identity, text: str) -> Iterable[FoundValue]:
    bounds = (r"", r"") if is_unspaced(joined(spelled)) else (r"(?<!\w)", r"(?:(?!\w)|(?=씨|님))")
    for match in re.finditer(f"{bounds[0]}{re.escape(spelled)}{bounds[1]}", text):
        yield FoundValue(identity.kind, *match.span(), match[0], identity)


def _is_named(one: FoundValue, text: str) -> bool:
    """Whether a word that stands somewhere is written as a name there."""
    before, after = text[max(0, one.start - NEAR) : one.start], text[one.end : one.end + NEAR]
    if one.text.lower() == one.text.upper():
        return _is_sign_of_name(before, after) or not is_unspaced(joined(one.text))
    if _TITLE.search(before) or _ENDING.match(after):
        return True
    return not (_SENTENCE_END.search(before) and _goes_on_in_small(after))


def _goes_on_in_small(after: str) -> bool:
    """Whether a sentence's next word follows at once, in small letters: "Can you", "Can I"."""
    word = WORD.match(after.lstrip(" \t'’"))
    return word is not None and (word[0][0].islower() or word[0] == "I")


def _is_sign_of_name(before: str, after: str) -> bool:
    """Whether a sign stands before a title, behind "I am called", or by itself."""
    alone = not (before[-1:].isalnum() or after[:1].isalnum())
    return alone or bool(_TITLED.match(after) or _CALLED.search(before))
