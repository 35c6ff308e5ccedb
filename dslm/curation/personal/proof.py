"""The proof that nothing which was found is left in anything that was written.

Reads the files again and looks for every value in every spelling, in texts, targets, meta, keys,
ids and reasons of rejects. It does not ask the finders, which would miss again what they missed: it
looks the values themselves up (`word_index` says how). Called by `pipeline` after writing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dslm.cases import json_lines
from dslm.curation.personal.finding import Identity
from dslm.curation.personal.found import Found
from dslm.curation.personal.names import short_spellings, whole_spellings
from dslm.curation.personal.spreading import outside
from dslm.curation.personal.word_index import WordIndex
from dslm.errors import InputError, Problems

MOST_REPORTED = 20
FIX = ("an id or a key of meta cannot be replaced: take another column; else this is a fault of "
       "dslm's, to be reported")  # fmt: skip


def texts_in(value: Any) -> Iterator[str]:
    """Every text, key and whole number in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts_in(inner)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)


def left_in(value: Any, index: WordIndex, found: Found) -> set[str]:
    """The kinds of values that a JSON value still holds."""
    indexes = [index, *_own_index(found)]
    return {
        one.known[hit.key].kind
        for text in texts_in(value)
        for one in indexes
        for hit in outside(one.hits(text), text, found.given)
    }


def _own_index(found: Found) -> list[WordIndex]:
    """The names of the case itself, whole and shortened; single names mean it only there."""
    known: dict[str, Identity] = {
        key: identity
        for identity, _ in found.values
        if identity.kind == "name"
        for key in whole_spellings(identity) | short_spellings(identity)
    }
    return [WordIndex(known)] if known else []


def refuse_left(files: Iterable[tuple[Path, Iterable[str | None]]], index: WordIndex) -> None:
    """Stop where a file of JSON lines still holds a value.

    Args:
        files: Each with what the case of each of its lines held, as `Found.to_json` wrote it.
        index: All values.

    Raises:
        Problems: The first lines that hold one; the value itself is not told.
    """
    faults = []
    for path, held in files:
        for (number, line), text in zip(json_lines(path), held, strict=True):
            found = Found.from_json(text) if text else Found()
            if kinds := left_in(line, index, found):
                what = f"personal data is left: {', '.join(sorted(kinds))}"
                faults.append(InputError(what, where=f"{path.name}:{number}", fix=FIX))
                if len(faults) == MOST_REPORTED:
                    raise Problems(faults)
    if faults:
        raise Problems(faults)


def refuse_left_in_ledger(path: Path, index: WordIndex) -> None:
    """Stop where the ledger's list of dropped cases holds a value in an id.

    Raises:
        InputError: It does.
    """
    if kinds := left_in(json.loads(path.read_bytes()), index, Found()):
        raise InputError(f"personal data is left: {', '.join(sorted(kinds))}", where=path.name,
                         fix=FIX)  # fmt: skip
