"""Files that people keep by hand: sources, labels, gold, review files; written without some rows.

Found by `find_cases`; rewritten by `forget_group`, last of all: from them it is known whose a case
is, so that a run that was cut short finds what is left.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dslm.curation.sources import FORMATS, Format, bare_id
from dslm.erasure.erased_person import Person
from dslm.erasure.rewritten_sources import beside_of, rows_in
from dslm.erasure.text.folded_text import plain
from dslm.provenance import sync_folder, write_atomic
from dslm.strict_json import strict_json

_CSV = FORMATS[".csv"]
EXCERPT = 60  # letters and digits by which a review file's excerpt is known


@dataclass(frozen=True)
class Labels:
    """Of a file of labels: the lines that only their message shows to be the person's."""

    by_message: frozenset[int]


@dataclass(frozen=True)
class PrimaryFile:
    """One file with rows of the person's.

    Attributes:
        part: What it is of: sources, gold or review.
        path: The file.
        kind: How it is read.
        encoding: What its source says of its text.
        lines: Of the person's rows.
        labels: Where it is a file of labels.
        label_names_it: Of one text: whether the label beside it names the group itself.
    """

    part: str
    path: Path
    kind: Format
    encoding: str
    lines: frozenset[int]
    labels: Labels | None = None
    label_names_it: bool = False

    @property
    def beside(self) -> tuple[Path, ...]:
        """What goes with it when it goes: the label of a text."""
        return tuple(beside_of(self.path, self.kind))


@dataclass(frozen=True)
class LabelHits:
    """The person's lines among labels: by their own meta, and by the message that they label."""

    own: frozenset[int]
    by_message: frozenset[int]


def label_hits(
    path: Path, kind: Format, encoding: str, is_group: Callable[[Mapping[str, Any]], bool],
    messages: frozenset[str],
) -> LabelHits:  # fmt: skip
    """Which lines of a file of labels are the person's."""
    own, by_message = set(), set()
    for line, text in rows_in(path, kind, encoding).texts.items():
        try:
            label = strict_json(text.strip().removeprefix("\ufeff"))
        except ValueError:
            continue
        if not isinstance(label, dict):
            continue
        given = label.get("message_id")
        name = bare_id(given) if isinstance(given, str) else None
        if is_group(label):
            own.add(line)
        elif name in messages:
            by_message.add(line)
    return LabelHits(frozenset(own), frozenset(by_message - own))


def review_rows(path: Path, person: Person, *, gold: bool) -> Iterator[PrimaryFile]:
    """Rows of a review file that are on the person's cases."""
    if not path.is_file():
        return
    starts = {folded[:EXCERPT] for text in person.texts if len(folded := plain(text)) >= 16}
    lines = set()
    for row in _CSV.rows(path):
        cells = row.value or {}
        text = plain(str(cells.get("input", "")))[:EXCERPT]
        id_ = str(cells.get("id", ""))
        named = any(person.has_id(one, gold=gold) for one in (id_, id_.removeprefix("'")))
        if named or (len(text) >= EXCERPT and text in starts):
            lines.add(row.line)
    yield PrimaryFile("review", path, _CSV, "utf-8", frozenset(lines))


def in_order(files: Sequence[PrimaryFile]) -> Iterator[PrimaryFile]:
    """The files in the order in which rows may be taken out.

    Of a message and its label the one goes first that does not itself say whose it is: where the
    command ends in between, the other still does. So labels come in two steps.
    """
    for one in files:
        if one.labels and one.labels.by_message:
            yield replace(one, lines=one.labels.by_message)
    later = []
    for one in files:
        if one.labels is None:
            yield one
        elif own := one.lines - one.labels.by_message:
            before = sorted(one.labels.by_message)
            moved = frozenset(line - bisect.bisect(before, line) for line in own)
            later.append(replace(one, lines=moved))
    yield from later


def rewrite(file: PrimaryFile) -> None:
    """Write a file without the person's rows, whole; one that has no others is removed.

    A link is followed: the bytes are what counts.
    """
    path = file.path.resolve()
    left = rows_in(path, file.kind, file.encoding).without(file.lines)
    if left is not None:
        mode = path.stat().st_mode
        write_atomic(path, left)
        path.chmod(mode & 0o777 | 0o200)
        return
    label = next(iter(file.beside), None)
    first, last = (path, label) if file.label_names_it else (label, path)
    for one in (first, last):
        if one is not None:
            one.unlink()
            sync_folder(one.parent)
    if file.path.is_symlink():
        file.path.unlink()
