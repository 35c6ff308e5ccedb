"""Reads sources, gold and curated data for the cases of one group, and for what others wrote.

Takes a workspace, its contract and a group's folded name; fills a `Seen`, and gives the files with
the group's rows. Called by `find_cases`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dslm.contract import Contract
from dslm.contract.cases.identifiers import identifier
from dslm.curation.personal import Replacer, personal_pipeline
from dslm.curation.sources import (
    CHAT_KEYS,
    FORMATS,
    MBOX_LABELS,
    Format,
    Misfit,
    SourceFile,
    as_json,
    labels_beside,
    mailbox_of,
    meta_of,
    present_files,
    to_case,
)
from dslm.curation.splits import SPLITS
from dslm.erasure.erased_person import Person, key_of
from dslm.erasure.primary_files import Labels, PrimaryFile, label_hits
from dslm.erasure.rewritten_sources import beside_of, rows_in, rows_naming
from dslm.erasure.text.json_objects import looks_like_lines, object_of, objects_in, texts_in
from dslm.erasure.text.repository_files import cache_folder, files_below
from dslm.records import Case
from dslm.settings.workspace import Workspace

SHORTEST_NAME = 4  # of a group, to be looked for in rows that nobody can read
_JSONL = FORMATS[".jsonl"]


@dataclass
class Seen:
    """What reading has met so far; the parts of a `Person`, and counts.

    Attributes:
        raw: The person's lines of files that hold a text in a form of their own, such as mail.
    """

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
    raw: dict[Path, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class CaseReading:
    """One reading of a workflow's files, for one group."""

    ws: Workspace
    contract: Contract
    group_by: str
    key: str
    seen: Seen

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
        replacer = self.replacer
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
            if _has_own_form(file.kind):
                self._note_raw(file, lines)
            if file.path.suffix.lower() == ".mbox" and labels_beside(file.path).is_file():
                wanted = {n: str(row["meta"].get("message_id")) for n, row in mine.items()}
                yield self._labels(labels_beside(file.path), _JSONL, "utf-8", wanted)
            beside = beside_of(file.path, file.kind)
            named = any(self._is_group(label) for path in beside for label in object_of(path))
            yield PrimaryFile("sources", file.path, file.kind, file.source.encoding,
                              frozenset(lines), label_names_it=named)  # fmt: skip

    def _note_raw(self, file: SourceFile, lines: Collection[int]) -> None:
        """The person's texts as their file has them, which copies of the file have too."""
        self.seen.raw[file.path] = frozenset(lines)
        if lines:
            texts = rows_in(file.path, file.kind, file.source.encoding).texts
            self.seen.texts.update(texts[line] for line in lines if line in texts)

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
        asked = next((row[key] for key in (columns.input, *CHAT_KEYS) if key in row), None)
        seen.texts.update(texts_in(asked))  # of a talk each turn, as rows have them
        try:
            case, own = to_case(self.contract, row, columns, textual=textual)
        except Misfit:
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

    @cached_property
    def replacer(self) -> Replacer | None:
        """What replaces personal data in curation; None where the contract looks for none."""
        cleaning = personal_pipeline(self.contract, os.environ)
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
                self._note_gold(row.value)
        lines |= self._named_in(path, _JSONL, "utf-8", faults)
        self.seen.cases += len(lines)
        yield PrimaryFile("gold", path, _JSONL, "utf-8", frozenset(lines))

    def _note_gold(self, row: Mapping[str, Any]) -> None:
        """A gold case of the person's: its id, and its text, also as reports show it."""
        self.seen.gold_ids.add(str(row.get("id")))
        self.seen.texts.add(str(row.get("input")))
        try:
            case = Case.model_validate(row)
        except ValidationError:
            return
        if self.replacer is not None:
            self.seen.texts.add(self.replacer.case(case).case.input)

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

    def older(self) -> None:
        """What older copies have of the person: cases that sources and gold have no more.

        Ids count where no others are known: some name a row's place, which is another's by now. So
        may a name be that was drawn for a group.
        """
        alone = not self.seen.cases
        if self.seen.pseudonymised and not alone:
            return
        for folder in (self.ws.artifacts, cache_folder(self.ws.root)):
            for path in files_below(folder):
                if not looks_like_lines(path):
                    continue
                for one in objects_in(path):
                    meta = one.get("meta")
                    if isinstance(meta, dict) and key_of(meta.get(self.group_by)) == self.key:
                        self.seen.texts.update(texts_in(one.get("input")))
                        self.seen.ids.update({str(one.get("id"))} if alone else ())

    def other_inputs(self) -> Iterator[str]:
        """The inputs of all cases that are not the person's."""
        for file in present_files(self.contract.data.sources, self.ws.data):
            if file.kind.labels:
                continue
            for row in file.kind.rows(file.path, None, file.source.encoding):
                if row.value is not None and not self._is_mine(row.value, file):
                    yield _input_of(row.value, file.source.columns.input)
            if _has_own_form(file.kind):
                texts = rows_in(file.path, file.kind, file.source.encoding).texts
                own = self.seen.raw.get(file.path, frozenset())
                yield from (text for line, text in texts.items() if line not in own)
        for case in objects_in(self.ws.gold) if self.ws.gold.is_file() else ():
            if not self.person().has_case(case, gold=True):
                yield _input_of(case, "input")

    def _is_mine(self, row: Mapping[str, Any], file: SourceFile) -> bool:
        try:
            meta = meta_of(row, file.source.columns, textual=file.kind.textual)
        except Misfit:
            return False
        return key_of(meta.get(self.group_by)) == self.key


def _input_of(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else str(as_json(dict(row)))


def _has_own_form(kind: Format) -> bool:
    """Whether a text lies otherwise in its file than it is asked about: mail, captions."""
    return kind.single or kind is FORMATS[".mbox"]
