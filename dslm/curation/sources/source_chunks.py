"""The contract's sources → what is read side by side: parts of big files, bundles of small ones.

Takes the contract's sources and its folder; gives the files, each with the number that its rows go
by, and the pieces. Labels that lie beside texts are no sources of their own: only those that no
text asks for are read, so that they are counted. Called by `source_table` and by the proof of
sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dslm.contract.model.contract_model import Source
from dslm.curation.sources.formats import FORMATS, PART_BYTES, Format, Part, format_of
from dslm.curation.sources.formats.mailboxes import LABELS, MBOX_LABELS, labels_beside, mailbox_of
from dslm.curation.sources.formats.sidecar_labels import LABELLED, LONE_LABEL, lone_labels
from dslm.errors import InputError
from dslm.settings.files.file_names import writable_name

BUNDLE = 256  # small files of one piece


@dataclass(frozen=True)
class SourceFile:
    """One file, by its number among all; `name` is relative to the contract's folder."""

    number: int
    path: Path
    name: str
    kind: Format
    source: Source


@dataclass(frozen=True)
class SourceChunk:
    """What is read at once: one part of one file, or several files with one row each."""

    files: tuple[SourceFile, ...]
    part: Part | None = None


def files_matching(pattern: str, folder: Path) -> list[Path]:
    """The files that a source's path names.

    Raises:
        InputError: It is no path and no pattern, such as `a**`, or matches a folder with the name
            of a file.
    """
    try:
        found = list(folder.glob(pattern))
    except (ValueError, IndexError, NotImplementedError):
        what = f"{pattern!r} is no path or pattern below a folder"
        fix = "mend data.sources in the contract"
        raise InputError(what, where=folder, fix=fix) from None
    for path in found:
        if path.name.lower().endswith(tuple(FORMATS)) and path.is_dir():
            raise InputError("is a folder, a file was expected", where=path)
    return [path for path in found if not path.is_dir()]


def source_files(sources: Sequence[Source], folder: Path) -> dict[Path, Source]:
    """The files that sources name, sorted.

    Raises:
        InputError: A path that matches nothing, a folder with the name of a file, or a file that
            two sources match.
    """
    files: dict[Path, Source] = {}
    for source in sources:
        if Path(source.path).is_absolute():
            raise InputError("an absolute source path", where=source.path,
                             fix="write it relative to the contract's folder")  # fmt: skip
        matched = files_matching(source.path, folder)
        if not matched:
            raise InputError("no such source file", where=folder / source.path,
                             fix="mend data.sources in the contract")  # fmt: skip
        for path in matched:
            if path in files:
                raise InputError(f"two sources match this file: {files[path].path!r} and "
                                 f"{source.path!r}", where=path)  # fmt: skip
            files[path] = source
    return dict(sorted(files.items()))


def _is_label(path: Path) -> bool:
    """Whether a file that a source matches belongs to a text beside it."""
    if path.name.endswith(LABELS):
        return mailbox_of(path).is_file()
    return path.suffix == ".json"


def _with_labels(files: dict[Path, Source]) -> dict[Path, tuple[Format, Source]]:
    """The files to read, with those labels that nothing else would read or miss."""
    found = {path: (format_of(path), source) for path, source in files.items()
             if not _is_label(path)}  # fmt: skip
    folders: dict[Path, Source] = {}
    for path, source in files.items():
        if path.suffix.lower() in (*LABELLED, ".json"):
            folders.setdefault(path.parent, source)
        elif path.suffix.lower() == ".mbox" and labels_beside(path).is_file():
            found[labels_beside(path)] = MBOX_LABELS, source
    for folder, source in folders.items():
        found |= dict.fromkeys(lone_labels(folder), (LONE_LABEL, source))
    return dict(sorted(found.items()))


def files_of(sources: Sequence[Source], folder: Path) -> list[SourceFile]:
    """All files to read, numbered in the order of their paths.

    Raises:
        InputError: A source is missing, of an unknown kind, or has labels alone.
    """
    found = _with_labels(source_files(sources, folder))
    read = {source.path for kind, source in found.values()}
    for source in sources:
        if source.path not in read:
            raise InputError("matches only labels of texts, and no text",
                             where=folder / source.path,
                             fix="let it match the texts; their labels are found")  # fmt: skip
    return [
        SourceFile(number, path, writable_name(path.relative_to(folder).as_posix()), kind, source)
        for number, (path, (kind, source)) in enumerate(found.items())
    ]


def present_files(sources: Sequence[Source], folder: Path) -> list[SourceFile]:
    """As `files_of`, of what is there: a source that matches nothing has no file.

    Labels that no text asks for are found there too, as when their texts were all removed.

    Raises:
        InputError: A path is no pattern, or a file is of an unknown kind.
    """
    files = {path: source for source in sources for path in files_matching(source.path, folder)}
    found = _with_labels(dict(sorted(files.items())))
    for source in sources:
        parent = folder / Path(source.path).parent
        if source.path.lower().endswith(LABELLED) and parent.is_dir():
            lone = dict.fromkeys(lone_labels(parent), (LONE_LABEL, source))
            found = dict(sorted((lone | found).items()))
    return [
        SourceFile(number, path, writable_name(path.relative_to(folder).as_posix()), kind, source)
        for number, (path, (kind, source)) in enumerate(found.items())
    ]


def chunks_of(files: Iterable[SourceFile]) -> list[SourceChunk]:
    """All files in pieces: big ones cut, those with one row each bundled.

    Raises:
        InputError: A file is not what its name says.
    """
    return list(_pieces(files))


def _pieces(files: Iterable[SourceFile]) -> Iterator[SourceChunk]:
    bundle: list[SourceFile] = []
    size = 0
    for file in files:
        if not file.kind.single:
            for part in file.kind.parts(file.path, file.source.encoding):
                yield SourceChunk((file,), part)
            continue
        bundle.append(file)
        size += file.path.stat().st_size
        if size >= PART_BYTES or len(bundle) == BUNDLE:
            yield SourceChunk(tuple(bundle))
            bundle, size = [], 0
    if bundle:
        yield SourceChunk(tuple(bundle))
