"""The contract's output schema, narrowed to what one input can ground.

Takes a contract and an input; gives a schema in which each `grounded` text may only be one that
stands in the input, in the input's spelling or with its case changed; a date or amount, one that
the input states. Null stays where the contract allows it. Used by the decider, where the recipe
asks for it (`inference.copy_grounded`): a model can then still choose the wrong words, but not
invent any.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import Any

from dslm.contract.comparing import EXACT, decimal_of, equal, plain
from dslm.contract.grounding import dates, numbers, occurs, ungrounded
from dslm.contract.model import Contract
from dslm.contract.words import stands_folded
from dslm.provenance import canonical_json

# Letters without case stand alone, as in grounding; elsewhere a word is a run of letters or digits.
_WORD = re.compile(r"[^\W_]+")
_CAPITALS = re.compile(r"[^\W\d_]{5,}")  # longer than legal forms and most abbreviations
_AMOUNT, _CURRENCY = r"\d[\d.,]*", r"(?:[A-Z]{2,3}|[$€£¥₹])"  # as in decimal_of
_PRICED = re.compile(rf"{_CURRENCY} ?{_AMOUNT}|{_AMOUNT} ?{_CURRENCY}")
# More choices than that take longer to compile than an answer takes to make; such a field keeps the
# contract's own schema, and is only checked afterwards.
MOST_CHOICES = 20_000
MOST_LETTERS = 8_000_000  # of one input's choices together: 0.6 s to compile
_LONGEST = 200  # characters of a text whose schema sets no bound


def narrowed(contract: Contract, text: str) -> dict[str, Any]:
    """The output schema with every grounded field limited to what `text` can ground.

    A field keeps its own schema where it is not of strings, where the input has nothing for it and
    it cannot be null, and where there would be more than `MOST_CHOICES`. Fields are narrowed from
    the one with the shortest list on, as long as these have at most `MOST_LETTERS` together.
    """
    parts, made = dict(contract.output["properties"]), {}
    for field in contract.grounded:
        how = contract.compare[field].how if field in contract.compare else "text"
        made[field] = _narrow(parts[field], how, text)
    together = 0
    for field in sorted(made, key=lambda name: _letters_in(made[name])):
        together += _letters_in(made[field])
        if together <= MOST_LETTERS:
            parts[field] = made[field]
    return {**contract.output, "properties": parts}


def _letters_in(part: Any) -> int:
    """How long the values that a schema lists are together, at every depth."""
    if isinstance(part, Mapping):
        listed = sum(len(value or "") for value in part.get("enum", ()))
        return listed + sum(_letters_in(value) for key, value in part.items() if key != "enum")
    return sum(map(_letters_in, part)) if isinstance(part, list) else 0


def uncopied(contract: Contract, text: str, answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The grounded fields of a right answer that no narrowed schema would let a model write.

    A value that does not occur in the input at all is not among them; see `ungrounded`.
    """
    parts, missing = narrowed(contract, text)["properties"], ungrounded(contract, text, answer)
    return tuple(
        field
        for field in contract.grounded
        if field not in missing
        and not any(
            equal(contract.compare.get(field, EXACT), choice, answer[field])
            for choice in parts[field].get("enum", [answer[field]])
        )
    )


def _narrow(part: Mapping[str, Any], how: str, text: str) -> Any:
    kinds = part.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "enum" in part:
        chosen = [e for e in part["enum"] if not isinstance(e, str) or occurs(how, e, text)]
        return {**part, "enum": chosen} if chosen else part
    if "anyOf" in part:
        return {**part, "anyOf": [_narrow(one, how, text) for one in part["anyOf"]]}
    if "items" in part:
        return {**part, "items": _narrow(part["items"], how, text)}
    if "properties" in part:
        inner = {key: _narrow(value, how, text) for key, value in part["properties"].items()}
        return {**part, "properties": inner}
    if "string" not in kinds or set(kinds) > {"string", "null"}:
        return part
    choices: list[str | None] = [*_choices(canonical_json(part), how, text)]
    if "null" in kinds:
        choices.append(None)
    few = 0 < len(choices) <= MOST_CHOICES and _letters_in({"enum": choices}) <= MOST_LETTERS
    return {"enum": choices} if few else part


@lru_cache(maxsize=8)
def _choices(part: bytes, how: str, text: str) -> tuple[str, ...]:
    """What a string's schema and the input both allow; a few too many where there are too many."""
    match how:
        case "decimal":
            found: Iterable[str] = _amounts(text)
        case "date":
            found = (day.isoformat() for day in sorted(dates(text)))
        case _:
            spans = _spans(text, json.loads(part).get("maxLength", _LONGEST))
            # What folding and words' ends depend on where it stands
            plain_text = text.isascii() and not set("+#^") & set(text)
            found = (
                span for span in spans
                if (plain_text and not any(map(str.isdigit, span))) or stands_folded(text, span)
            )  # fmt: skip
    valid, letters = _validator(part), 0
    choices: dict[str, None] = {}
    for choice in found:
        if choice not in choices and valid.is_valid(choice):
            choices[choice] = None
            letters += len(choice)
        if len(choices) > MOST_CHOICES or letters > MOST_LETTERS:
            break
    return tuple(choices)


def _amounts(text: str) -> Iterator[str]:
    """Every decimal that the text may state, and those with a currency as they stand."""
    stated = numbers(text)
    for number in sorted(stated):
        yield from _written(number)
    for match in _PRICED.finditer(text):
        if decimal_of(match.group()) in stated:
            yield match.group()


def _written(number: Decimal) -> Iterator[str]:
    """A decimal as a label may have it: as it is, and with up to three places."""
    yield plain(number)
    for places in range(4):
        if Decimal(form := f"{number:.{places}f}") == number:
            yield from (form, f"{number:,.{places}f}")


def _spans(text: str, longest: int) -> Iterator[str]:
    """Whole words in a row, blanks between them as one; as they stand and in other cases.

    Characters are composed as grounding composes them: `ﬁ` is `fi`, `º` is `o`.
    """
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text))
    words = [part for match in _WORD.finditer(text) for part in _parts(match)]
    for i, (start, _) in enumerate(words):
        for _, end in words[i:]:
            if end - start > longest:
                break
            span = text[start:end]
            yield from _spellings(span)
            if text[end : end + 1] == ".":  # of an abbreviation: Inc., S.A.
                yield from _spellings(span + ".")


def _parts(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Where the words of a run of letters and digits start and end; see `_WORD`."""
    start = match.start()
    for alone, run in groupby(match.group(), key=lambda c: unicodedata.category(c) == "Lo"):
        end = start + len(list(run))
        yield from ((n, n + 1) for n in range(start, end)) if alone else [(start, end)]
        start = end


def _spellings(span: str) -> Iterator[str]:
    yield from (span, span.title(), span.upper(), span.lower())
    # DELMAS SARL as Delmas SARL
    yield _CAPITALS.sub(lambda word: word.group().title(), span)


@lru_cache(maxsize=64)
def _validator(part: bytes) -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(json.loads(part))
