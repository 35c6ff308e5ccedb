"""The proof that nothing which was found is left in anything that was written.

Reads the files again and looks for every value, case folded, in texts, targets, meta, keys, ids and
reasons of rejects: in every spelling, within longer words and for every part of a name in the cases
of its own group; for whole values and uncommon parts of names elsewhere. It does not ask the
finders, which would miss again what they missed. Called by `pipeline` after writing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.curation.personal.finding import Finding
from dslm.curation.personal.found import Found
from dslm.curation.personal.given import outside
from dslm.curation.personal.known_values import KnownValues, close_index_of
from dslm.curation.personal.replacing import Replacer
from dslm.curation.personal.spelling import joined
from dslm.curation.personal.word_index import SURE
from dslm.curation.personal.written import texts_in, words_of_line
from dslm.errors import InputError, Problems

# Of each line what its case held, as `Found.to_json` wrote it, and the number of its group.
Lines = Iterable[tuple[str | None, int | None]]
MOST_REPORTED = 20
SURE_NAME = 3  # letters of a name in an id that are hardly chance
FIX = ("an id or a key of meta cannot be replaced: take another column; else this is a fault of "
       "dslm's, to be reported")  # fmt: skip


@dataclass(frozen=True)
class Proof:
    """Looks for what is left of some values.

    Attributes:
        replacer: What replaced; says which words are the contract's own.
        known: All values.
    """

    replacer: Replacer
    known: KnownValues

    def left_in(self, value: Any, found: Found, group: int | None) -> set[str]:
        """The kinds of values that a JSON value still holds."""
        close = close_index_of(self.known.of_group(group, found))
        kinds: set[str] = set()
        texts = list(texts_in(value))
        names = {text for text, naming in texts if naming}
        for text, _ in texts:
            naming = text in names
            if text in self.replacer.own_words:
                continue
            hits = [*self.known.anywhere(text), *(close.findings(text) if close else [])]
            hits = [hit for hit in hits if _is_telling(hit)] if naming else hits
            kinds.update(hit.kind for hit in outside(hits, text, found.given))
        return kinds

    def refuse_left(self, files: Iterable[tuple[Path, Lines]]) -> None:
        """Stop where a file of JSON lines still holds a value.

        Args:
            files: Each with what the case of each of its lines held.

        Raises:
            Problems: The first lines that hold one; the value itself is not told.
        """
        faults = []
        for path, held in files:
            for (number, line), (text, group) in zip(_lines(path), held, strict=True):
                found = Found.from_json(text) if text else Found()
                if not self._may_be_left(line, found, group):
                    continue
                if kinds := self.left_in(self._untimed(json.loads(line)), found, group):
                    what = f"personal data is left: {', '.join(sorted(kinds))}"
                    faults.append(InputError(what, where=f"{path.name}:{number}", fix=FIX))
                    if len(faults) == MOST_REPORTED:
                        raise Problems(faults)
        if faults:
            raise Problems(faults)

    def _may_be_left(self, line: str, found: Found, group: int | None) -> bool:
        """Whether a line may hold a value, which is soon said unless its case held a stranger's."""
        values = self.known.of_group(group, found)
        others = values and values is not self.known.groups.get(-1 if group is None else group)
        return bool(others) or self.known.may_be_in(words_of_line(line), group)

    def refuse_left_in_ledger(self, path: Path) -> None:
        """Stop where the ledger holds a value in the name of a source or the id of a dropped case.

        Raises:
            InputError: It does.
        """
        book = json.loads(path.read_bytes())
        names = list(book["sources"])
        if kinds := self.left_in({"ids": names}, Found(), None):
            what = f"the name of a source holds personal data: {', '.join(sorted(kinds))}"
            raise InputError(what, where=path.name, fix="rename the file or its folder")
        listed = {key: book[key] for key in ("cases", "matches")}
        if kinds := self.left_in(listed, Found(), None):
            raise InputError(f"personal data is left: {', '.join(sorted(kinds))}", where=path.name,
                             fix=FIX)  # fmt: skip

    def _untimed(self, line: Any) -> Any:
        """A case without the time it arrived, which is nobody's unless the contract says so."""
        time = self.replacer.kept_time
        if time is None or not isinstance(line.get("meta"), dict):
            return line
        return line | {"meta": {k: v for k, v in line["meta"].items() if k != time}}


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file that we wrote, with their numbers from 1."""
    with path.open(encoding="utf-8", newline="\n") as stream:
        yield from enumerate(stream, start=1)


def _is_telling(hit: Finding) -> bool:
    """Whether a value in an id or key is hardly one by chance."""
    said = joined(hit.text)
    if hit.kind == "name" and not said.isdigit():
        return len(said) >= SURE_NAME or not said.isascii()
    return len(said) >= SURE
