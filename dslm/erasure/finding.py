"""Which cases are the person's: read from sources, gold and what curation made of them.

Takes a workspace and a group's id; gives a `Found`: the person, the rows of each file that people
keep by hand (sources with their labels, gold, review files), and a search for the texts. Called by
`forgetting`.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dslm.contract import Contract, load_contract
from dslm.curation.casting import as_json
from dslm.curation.formats import FORMATS, Format
from dslm.curation.formats.mailboxes import MBOX_LABELS, labels_of, mailbox_of
from dslm.curation.identifiers import identifier
from dslm.curation.mapping import Misfit, meta_of, to_case
from dslm.curation.personal.cleaning import cleaning_of
from dslm.curation.personal.replacing import Replacer
from dslm.curation.pieces import present_files
from dslm.curation.splitting import SPLITS
from dslm.erasure.json_objects import object_of, objects_in
from dslm.erasure.person import Person, key_of
from dslm.erasure.primary_files import Labels, PrimaryFile, label_hits, review_rows
from dslm.erasure.source_files import beside_of, rows_naming
from dslm.erasure.text_search import TextSearch
from dslm.errors import InputError
from dslm.records import Case
from dslm.settings.workspace import Workspace

SHORTEST_NAME = 4  # of a group, to be looked for in rows that nobody can read
_JSONL = FORMATS[".jsonl"]


@dataclass(frozen=True)
class Found:
    """What is known of the person.

    Attributes:
        person: The group and its cases.
        files: Files with its rows, in the order in which these may be taken out.
        search: For its texts, wherever else.
        cases: How many rows of sources and gold are its.
        trained: How many curated cases of it are in the splits that are trained on.
        unreadable: Rows of sources that nobody can read, and that may be anybody's.
        known: Other groups, as they are written.
    """

    person: Person
    files: tuple[PrimaryFile, ...]
    search: TextSearch
    cases: int
    trained: int
    unreadable: int
    known: tuple[str, ...]

    def near(self, name: str) -> list[str]:
        """Groups that are spelled alike, for a message."""
        folded = {key_of(one): one for one in self.known}
        close = difflib.get_close_matches(key_of(name), list(folded), n=3, cutoff=0.6)
        return [folded[one] for one in close]


@dataclass
class _Seen:
    """What reading has met so far."""

    names: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    gold_ids: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    stand_ins: set[str] = field(default_factory=set)
    other_ids: set[str] = field(default_factory=set)
    pseudonymised: bool = False
    others: dict[str, str] = field(default_factory=dict)
    cases: int = 0
    unreadable: int = 0
    trained: int = 0


def find(ws: Workspace, group: str) -> Found:
    """Look for a group's cases.

    Args:
        ws: The workflow.
        group: Its id, in any spelling that curation takes for the same.

    Raises:
        InputError: The contract names no groups, the id is none, or a file cannot be read.
    """
    contract = load_contract(ws.contract)
    group_by = contract.data.group_by
    if group_by is None:
        fix = "name the key of meta that says whose a case is: data.group_by"
        raise InputError("the contract knows no groups", where=ws.contract, fix=fix)
    key = key_of(group)
    if not key:
        raise InputError("names nobody", where="--group", fix="give the id of a group")
    seen = _Seen(names={str(identifier(group))})
    reading = _Reading(ws, contract, group_by, key, seen)
    files = [*reading.sources(), *reading.gold()]
    reading.curated()
    person = reading.person()
    reviews = [
        *review_rows(ws.review, person, gold=False),
        *review_rows(ws.gold_review, person, gold=True),
    ]
    search = TextSearch.of(person.texts, reading.other_inputs())
    ordered = tuple(one for one in [*reviews, *files] if one.lines)
    known = tuple(seen.others.values())
    return Found(person, ordered, search, seen.cases, seen.trained, seen.unreadable, known)


@dataclass(frozen=True)
class _Reading:
    """One reading of a workflow's files, for one group."""

    ws: Workspace
    contract: Contract
    group_by: str
    key: str
    seen: _Seen

    def person(self) -> Person:
        """What was met so far."""
        seen = self.seen
        return Person(
            key=self.key, group_by=self.group_by, names=frozenset(seen.names),
            stand_ins=frozenset(seen.stand_ins) - seen.others.keys(), ids=frozenset(seen.ids),
            gold_ids=frozenset(seen.gold_ids), texts=frozenset(seen.texts),
            others=frozenset(seen.others), other_ids=frozenset(seen.other_ids),
            pseudonymised=seen.pseudonymised,
        )  # fmt: skip

    def _mine(self, meta: Mapping[str, Any]) -> bool:
        """Whether a case's meta names the group; other names are noted."""
        value = meta.get(self.group_by)
        key = key_of(value)
        if key == self.key:
            self.seen.names.add(str(identifier(value)))
            return True
        if key:
            self.seen.others.setdefault(key, str(identifier(value)))
        return False

    def sources(self) -> Iterator[PrimaryFile]:
        """The person's rows of each source file, and of the labels beside it."""
        replacer = self._replacer()
        for file in present_files(self.contract.data.sources, self.ws.data):
            if file.kind.labels:
                if file.kind is MBOX_LABELS and mailbox_of(file.path).is_file():
                    continue  # they come with their mailbox
                yield self._labels(file.path, file.kind, file.source.encoding, {})
                continue
            mine: dict[int, dict[str, Any]] = {}
            faults: list[int] = []
            for row in file.kind.rows(file.path, None, file.source.encoding):
                try:
                    if row.value is None:
                        raise Misfit(row.fault or "no row")
                    textual = file.kind.textual
                    meta = meta_of(row.value, file.source.columns, textual=textual)
                    if self._mine(meta):
                        mine[row.line] = row.value
                        self._note(row.value, file.source.columns, textual, replacer)
                except Misfit:
                    faults.append(row.line)
            lines = set(mine) | self._named_in(file.path, file.kind, file.source.encoding, faults)
            self.seen.cases += len(lines)
            if file.path.suffix.lower() == ".mbox" and labels_of(file.path).is_file():
                wanted = {n: str(row["meta"].get("message_id")) for n, row in mine.items()}
                yield self._labels(labels_of(file.path), _JSONL, "utf-8", wanted)
            beside = beside_of(file.path, file.kind)
            named = any(self._is_group(label) for path in beside for label in object_of(path))
            yield PrimaryFile("sources", file.path, file.kind, file.source.encoding,
                              frozenset(lines), label_names_it=named)  # fmt: skip

    def _labels(
        self, path: Path, kind: Format, encoding: str, messages: Mapping[int, str]
    ) -> PrimaryFile:
        """Lines of labels that are the person's: by their own meta, or by their message."""
        found = label_hits(path, kind, encoding, self._is_group, frozenset(messages.values()))
        lines = found.own | found.by_message
        return PrimaryFile("sources", path, kind, encoding, lines, Labels(found.by_message))

    def _is_group(self, label: Mapping[str, Any]) -> bool:
        meta = label.get("meta")
        return isinstance(meta, Mapping) and self._mine(meta)

    def _named_in(self, path: Path, kind: Format, encoding: str, faults: list[int]) -> set[int]:
        """Which rows that nobody can read have the group's name in them."""
        if not faults:
            return set()
        names = {one for one in self.seen.names if len(one) >= SHORTEST_NAME}
        texts = rows_naming(path, kind, encoding, faults, names) if names else {}
        mine = set(texts)
        self.seen.texts.update(texts.values())
        self.seen.unreadable += len(faults) - len(mine)
        return mine

    def _note(
        self, row: Mapping[str, Any], columns: Any, textual: bool, replacer: Replacer | None
    ) -> None:
        """A row of the person's: its ids and texts, as they came and as curation writes them."""
        seen = self.seen
        try:
            case, own = to_case(self.contract, row, columns, textual=textual)
        except Misfit:
            if isinstance(text := row.get(columns.input), str):
                seen.texts.add(text)
            if isinstance(name := row.get(columns.id), str):
                seen.ids.add(name)
            return
        seen.texts.add(case.input)
        if replacer is None:
            seen.ids.add(case.id)
            return
        case = case if own else replacer.named(case)
        seen.ids.add(case.id)
        self._note_curated(replacer.case(case).case)

    def _note_curated(self, case: Case) -> None:
        self.seen.texts.add(case.input)
        stand_in = key_of(case.meta.get(self.group_by))
        if stand_in and stand_in != self.key and self.seen.pseudonymised:
            self.seen.stand_ins.add(stand_in)

    def _replacer(self) -> Replacer | None:
        cleaning = cleaning_of(self.contract, os.environ)
        replacer = cleaning.replacer if cleaning else None
        # where names are masked, one mask stands for all of them
        self.seen.pseudonymised = replacer is not None and replacer.tells_groups_apart
        return replacer

    def gold(self) -> Iterator[PrimaryFile]:
        """The person's rows of gold."""
        path = self.ws.gold
        if not path.is_file():
            return
        lines, faults = set(), []
        for row in _JSONL.rows(path):
            if row.value is None or not isinstance(row.value.get("meta") or {}, dict):
                faults.append(row.line)
            elif self._mine(row.value.get("meta") or {}):
                lines.add(row.line)
                self.seen.gold_ids.add(str(row.value.get("id")))
                self.seen.texts.add(str(row.value.get("input")))
        lines |= self._named_in(path, _JSONL, "utf-8", faults)
        self.seen.cases += len(lines)
        yield PrimaryFile("gold", path, _JSONL, "utf-8", frozenset(lines))

    def curated(self) -> None:
        """What curation made of the person's cases, as it lies there now."""
        for split in SPLITS:
            path = self.ws.curated / f"{split}.jsonl"
            person = self.person()
            for case in objects_in(path) if path.is_file() else ():
                if not self._is_curated(case, person):
                    self.seen.other_ids.add(str(case.get("id")))
                    continue
                self.seen.trained += split != "calibration"
                self.seen.ids.add(str(case.get("id")))
                if isinstance(case.get("input"), str) and isinstance(case.get("meta"), dict):
                    self._note_curated(Case(id=str(case.get("id")), input=case["input"],
                                            meta=case["meta"]))  # fmt: skip

    def _is_curated(self, case: Mapping[str, Any], person: Person) -> bool:
        """Whether a curated case is the person's; a name that was drawn may be another's too."""
        if self.seen.pseudonymised and person.ids:
            return person.has_id(case.get("id"), gold=False)
        return person.has_case(case)

    def other_inputs(self) -> Iterator[str]:
        """The inputs of all cases that are not the person's."""
        for file in present_files(self.contract.data.sources, self.ws.data):
            for row in () if file.kind.labels else file.kind.rows(
                file.path, None, file.source.encoding
            ):  # fmt: skip
                if row.value is not None and not self._is_mine(row.value, file):
                    yield _input_of(row.value, file.source.columns.input)
        for case in objects_in(self.ws.gold) if self.ws.gold.is_file() else ():
            if not self.person().has_case(case, gold=True):
                yield _input_of(case, "input")

    def _is_mine(self, row: Mapping[str, Any], file: Any) -> bool:
        try:
            meta = meta_of(row, file.source.columns, textual=file.kind.textual)
        except Misfit:
            return False
        return key_of(meta.get(self.group_by)) == self.key


def _input_of(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else str(as_json(dict(row)))
