"""The proof that nothing which was found is left in anything that was written.

Reads the files again and looks for every value, case folded, in texts, targets, meta, keys, ids and
reasons of rejects: in every spelling, within longer words and for every part of a name in the cases
of its own group; for whole values and uncommon parts of names elsewhere. It does not ask the
finders, which would miss again what they missed. Called by `written_files` after writing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from dslm.curation.personal.found_in_case import CaseFindings, values_in
from dslm.curation.personal.found_values import FoundValue
from dslm.curation.personal.json_texts import NAMING, texts_in, words_of_line
from dslm.curation.personal.known_values.known_values import KnownValues, group_index_of
from dslm.curation.personal.known_values.word_index import SURE
from dslm.curation.personal.replacement.replace_in_case import Replacer
from dslm.curation.personal.replacement.unchanged_text import outside, says_a_time_alone
from dslm.curation.personal.variants.value_separators import joined
from dslm.curation.sources import MAIL_KEYS
from dslm.errors import InputError

FILE, ROW = "source", "line"  # of a reject
SURE_NAME = 3  # letters of a name in an id that are hardly chance
FIX = ("an id or a key of meta cannot be replaced: take another column; else this is a fault of "
       "dslm's, to be reported")  # fmt: skip


class Line(NamedTuple):
    """A line that was written.

    Attributes:
        file: The name of its file.
        number: From 1.
        text: JSON.
        held: What its case held, as `Found.to_json` wrote it.
        group: The number of its group.
    """

    file: str
    number: int
    text: str
    held: str | None
    group: int | None


class Left(NamedTuple):
    """What a line still holds; the value itself is not told."""

    file: str
    number: int
    kinds: str


@dataclass(frozen=True)
class Proof:
    """Looks for what is left of some values.

    Attributes:
        replacer: What replaced; says which words are the contract's own.
        known: All values.
    """

    replacer: Replacer
    known: KnownValues

    def left_in(self, line: Mapping[str, Any], found: CaseFindings, group: int | None) -> set[str]:
        """The kinds of values that an object of ours still holds.

        Its own keys, and the number of a reject's row, are nobody's: a shop is called Target, and
        1004 is a PIN. So are keys of meta that the contract names: `sender`, of "Sender Robin".
        """
        close = group_index_of(self.known.of_group(group, found))
        kinds: set[str] = set()
        texts = [
            one for key, inner in line.items() if key != ROW
            for one in texts_in(inner, naming=key in NAMING or key == FILE)
        ]  # fmt: skip
        names = {text for text, naming in texts if naming}
        for text, _ in texts:
            naming = text in names
            if text in self.replacer.own_words or (naming and text in self._own_keys):
                continue
            hits = [*self.known.anywhere(text), *(close.findings(text) if close else [])]
            hits = [hit for hit in hits if _is_telling(hit)] if naming else hits
            kinds.update(hit.kind for hit in outside(hits, text, found.given))
        return kinds

    @cached_property
    def _own_keys(self) -> frozenset[str]:
        """Keys of meta by which the contract, or the form of mails, calls what cases hold."""
        data = self.replacer.contract.data
        named = [data.group_by, data.time, *self.replacer.contract.slices]
        for place in (*data.personal.fields, *data.personal.names):
            part, _, path = place.partition(".")
            named += [path, *path.split(".")] if part == "meta" else []
        for source in data.sources:
            named += source.columns.meta if isinstance(source.columns.meta, list) else []
        return frozenset([*MAIL_KEYS, *filter(None, named)])

    def left(self, lines: Iterable[Line]) -> Iterator[Left]:
        """What lines of JSON still hold, line by line that holds something."""
        for line in lines:
            if self._may_be_left(line):
                found = CaseFindings.from_json(line.held) if line.held else CaseFindings()
                if kinds := self.left_in(self._untimed(json.loads(line.text)), found, line.group):
                    yield Left(line.file, line.number, ", ".join(sorted(kinds)))

    def _may_be_left(self, line: Line) -> bool:
        """Whether a line may hold a value, which is soon said unless its case held a stranger's."""
        of_group = self.known.groups.get(-1 if line.group is None else line.group, frozenset())
        if line.held and not of_group.issuperset(values_in(line.held)):
            values = self.known.of_group(line.group, CaseFindings.from_json(line.held))
            if values and values is not of_group:
                return True
        return self.known.may_be_in(words_of_line(line.text), line.group)

    def refuse_left_in_ledger(self, path: Path) -> None:
        """Stop where the ledger holds a value in the name of a source or the id of a dropped case.

        Raises:
            InputError: It does.
        """
        book = json.loads(path.read_bytes())
        names = list(book["sources"])
        if kinds := self.left_in({"ids": names}, CaseFindings(), None):
            what = f"the name of a source holds personal data: {', '.join(sorted(kinds))}"
            raise InputError(what, where=path.name, fix="rename the file or its folder")
        listed = {key: book[key] for key in ("cases", "matches")}
        if kinds := self.left_in(listed, CaseFindings(), None):
            raise InputError(f"personal data is left: {', '.join(sorted(kinds))}", where=path.name,
                             fix=FIX)  # fmt: skip

    def _untimed(self, line: Any) -> Any:
        """A case without the time it arrived, which is nobody's unless the contract says so."""
        time = self.replacer.kept_time
        if time is None or not isinstance(line.get("meta"), dict):
            return line
        meta = {k: v for k, v in line["meta"].items() if k != time or not says_a_time_alone(v)}
        return line | {"meta": meta}


def _is_telling(hit: FoundValue) -> bool:
    """Whether a value in an id or key is hardly one by chance."""
    said = joined(hit.text)
    if hit.identity.is_name and not said.isdigit():
        return len(said) >= SURE_NAME or not said.isascii()
    return len(said) >= SURE
