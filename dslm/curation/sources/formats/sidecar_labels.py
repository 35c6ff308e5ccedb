"""Labels that lie beside texts: `a.json` labels `a.eml`, `a.vtt`, `a.srt` or `a.txt`.

Reads a kind of file that holds one text, and joins it with its label into one row. A text without
label is a row with a fault, and so is a label without text. `mailboxes` has its labels in one file
and shares what a label may hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dslm.curation.sources.formats.source_rows import (
    LONGEST_LINE,
    Format,
    Part,
    Row,
    Unreadable,
    too_long,
)
from dslm.curation.sources.formats.text_decoding import decoded, encoding_of
from dslm.settings.did_you_mean import nearest
from dslm.settings.files.file_names import writable_name
from dslm.strict_json import strict_json

LABELLED = (".eml", ".vtt", ".srt", ".txt")
LABEL_KEYS = ("id", "target", "meta")


@dataclass(frozen=True)
class Text:
    """What a file says: the input, and what is known of it from the file itself."""

    input: str
    meta: Mapping[str, Any] = field(default_factory=dict)


ReadText = Callable[[bytes, str], Text]  # of the bytes, in an encoding


def label_of(path: Path) -> Path:
    """Where the label of a text lies."""
    return path.with_suffix(".json")


def lone_labels(folder: Path) -> list[Path]:
    """The labels in a folder that no text lies beside, sorted."""
    files = [path for path in folder.iterdir() if path.is_file()]
    texts = {path.stem for path in files if path.suffix.lower() in LABELLED}
    return sorted(path for path in files if path.suffix == ".json" and path.stem not in texts)


def checked_label(value: Any, known: Iterable[str] = LABEL_KEYS) -> dict[str, Any]:
    """A label, which holds a target and nothing unknown.

    Raises:
        Unreadable: It does not.
    """
    if not isinstance(value, dict):
        raise Unreadable("not a JSON object")
    known = list(known)
    for key in value:
        if key not in known:
            near = nearest(key, known)
            raise Unreadable(f"unknown key {key!r}" + (f", did you mean {near!r}?" if near else ""))
    if "target" not in value:
        raise Unreadable("no 'target'")
    if not isinstance(value.get("meta") or {}, dict):
        raise Unreadable("'meta' is not an object")
    return value


def labelled(text: Text, label: Mapping[str, Any], default_id: str | None) -> dict[str, Any]:
    """A text with its label, by the names that `Columns` has unless told; the label's meta wins."""
    meta = dict(text.meta) | (label.get("meta") or {})
    own = label.get("id")
    return {"id": default_id if own is None else own, "input": text.input,
            "target": label["target"], "meta": meta}  # fmt: skip


def _name(path: Path) -> str:
    return writable_name(path.name)


def _bytes(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(most + 1)
    except PermissionError:
        raise Unreadable("may not be read") from None
    if len(raw) > most:
        raise Unreadable(too_long(most))
    return raw


def _label(path: Path) -> dict[str, Any]:
    """The label of a text."""
    beside = label_of(path)
    if not beside.is_file():
        raise Unreadable(f"no label: {_name(path)} needs {_name(beside)} beside it")
    try:
        raw = _bytes(beside, LONGEST_LINE)
        text = decoded(raw, encoding_of(raw, "utf-8"))
        try:
            return checked_label(strict_json(text))
        except Unreadable:
            raise
        except ValueError as error:
            raise Unreadable(f"not JSON: {error}") from None
    except Unreadable as error:
        raise Unreadable(f"label {_name(beside)}: {error}") from None


def one_text(
    path: Path, part: Part | None = None, encoding: str = "utf-8", *, read: ReadText,
    most: int = LONGEST_LINE,
) -> Iterator[Row]:  # fmt: skip
    """The one row of a file with one text.

    Args:
        path: The file.
        part: Of no meaning; such a file is not cut.
        encoding: What its text is in, where it does not say so itself.
        read: Makes the text of its bytes; raises `Unreadable`.
        most: Bytes that it may have.
    """
    del part
    try:
        label = _label(path)
        text = read(_bytes(path, most), encoding)
        yield Row(1, labelled(text, label, writable_name(path.stem)))
    except Unreadable as error:
        yield Row(1, fault=str(error))


def _lone(path: Path, part: Part | None = None, encoding: str = "utf-8") -> Iterator[Row]:
    del part, encoding
    wanted = ", ".join(f"{writable_name(path.stem)}{suffix}" for suffix in LABELLED)
    yield Row(1, fault=f"a label without text: none of {wanted} lies beside it")


LONE_LABEL = Format(_lone, single=True, labels=True)
