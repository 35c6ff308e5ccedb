"""Stored releases: which hold something of the person, and what they are without it.

Takes a `Found` and a `Stored`; gives what of it would be erased, and makes the files that then
stand in their place. `sealing` puts them there. Rows are replaced by rows that say nothing; inputs
are taken out of the recorded cases, and of the smoke test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dslm.cases import as_line
from dslm.erasure.finding import Found
from dslm.erasure.json_objects import objects_in
from dslm.erasure.person import key_of
from dslm.erasure.registry_releases import Stored
from dslm.errors import DslmError
from dslm.evidence import data_digest
from dslm.provenance import files_of
from dslm.records import Row
from dslm.releasing.erasure_register import Entry
from dslm.releasing.erasures import ERASED, FILE, RECORDED, SMOKE, may_be_erased
from dslm.releasing.recorded_answers import AT_LEAST
from dslm.releasing.version import Version
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json

ROWS, CALIBRATION = "rows/", "calibration"
NOTHING_TO_ASK = "(erased)"  # the input of a smoke test whose case is gone and has no other


@dataclass(frozen=True)
class Held:
    """What a stored release holds of the person.

    Attributes:
        counts: Rows or cases by file, of those that can be erased.
        others: Files that hold a text of the person's and cannot be changed.
    """

    counts: Mapping[str, int]
    others: tuple[str, ...]


def held_by(found: Found, folder: Path) -> Held:
    """What a release's folder holds of the person."""
    found = _knowing_rows(found, folder)
    counts, others = {}, []
    for path in files_of(folder):
        name = path.relative_to(folder).as_posix()
        if name == FILE:
            continue
        if not may_be_erased(name):
            if found.search.in_file(path):
                others.append(name)
        elif count := _count(found, name, path):
            counts[name] = count
    return Held(counts, tuple(others))


def _knowing_rows(found: Found, folder: Path) -> Found:
    """The same, with the ids that the release's own rows have for the person's gold cases.

    Gold itself has them no more where they were erased before and a backup brought them back.
    """
    person = found.person
    ids = {
        str(row.get("id"))
        for path in sorted((folder / ROWS).glob("*.jsonl")) if CALIBRATION not in path.name
        for row in objects_in(path) if key_of(row.get("group")) == person.key
    }  # fmt: skip
    return replace(found, person=replace(person, gold_ids=person.gold_ids | ids))


def _count(found: Found, name: str, path: Path) -> int:
    if name == SMOKE:
        return int(any(_is_case(found, one) for one in _smoke(path)))
    return sum(_is_one(found, name, one) for one in objects_in(path))


def _is_one(found: Found, name: str, one: Mapping[str, Any]) -> bool:
    """Whether a line of rows or of recorded cases is the person's."""
    if name == RECORDED:
        return _is_case(found, one)
    return found.person.has_row(one, gold=CALIBRATION not in name)


def _is_case(found: Found, case: Mapping[str, Any]) -> bool:
    person = found.person
    return person.has_id(case.get("id"), gold=True) or case.get("input") in person.texts


def _smoke(path: Path) -> Iterator[dict[str, Any]]:
    try:
        value = strict_json(path.read_bytes())
    except ValueError:
        return
    if isinstance(value, dict):
        yield value


def erased_files(found: Found, folder: Path, entry: Entry) -> dict[str, bytes]:
    """The files of a release that are others once the person's cases are erased.

    The same files give the same bytes, and erased ones give themselves.

    Args:
        found: The person.
        folder: The release.
        entry: Of the erasure; gives what stands for ids.
    """
    changed, found = {}, _knowing_rows(found, folder)
    for name in held_by(found, folder).counts:
        if name != SMOKE:
            changed[name] = _without(found, name, folder / name, entry)
    if _count(found, SMOKE, folder / SMOKE) if (folder / SMOKE).is_file() else 0:
        recorded = changed.get(RECORDED)
        if recorded is None and (folder / RECORDED).is_file():
            recorded = (folder / RECORDED).read_bytes()
        changed[SMOKE] = _other_smoke(folder, recorded or b"", entry)
    return changed


def _without(found: Found, name: str, path: Path, entry: Entry) -> bytes:
    """A file of rows or cases, the person's lines replaced or left out; others byte for byte."""
    kept = []
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            one = strict_json(line.decode())
        except ValueError:
            kept.append(line)
            continue
        if not isinstance(one, dict) or not _is_one(found, name, one):
            kept.append(line)
        elif name != RECORDED:
            kept.append(f"{as_line(erased_row(Row.model_validate(one), entry))}\n".encode())
    return b"".join(kept)


def erased_row(row: Row, entry: Entry) -> Row:
    """A row that says what became of a case and nothing of it, nor of whose it was."""
    bare = row.prediction.model_copy(update={
        "object": None, "text": "", "log_probs": None, "field_confidence": {}, "not_narrowed": {},
    })  # fmt: skip
    return row.model_copy(update={
        "id": f"{ERASED}{entry.stand_in(f'case {row.id}')}",
        "group": f"{ERASED}{entry.stand_in('group')}",
        "slices": {}, "prediction": bare,
    })  # fmt: skip


def _other_smoke(folder: Path, recorded: bytes, entry: Entry) -> bytes:
    """Another case to answer before a rollback: of those left, the one that was answered surest."""
    cases = [strict_json(line.decode()) for line in recorded.splitlines()]
    sure = {row.get("id"): row["prediction"].get("confidence", 0.0)
            for row in objects_in(folder / "rows/candidate.jsonl")
            if isinstance(row.get("prediction"), dict)}  # fmt: skip
    chosen = max(cases, key=lambda case: sure.get(case["id"], 0.0), default=None)
    if chosen is None:
        case = {"id": f"{ERASED}{entry.stand_in('smoke')}", "input": NOTHING_TO_ASK,
                "as_gold": False}  # fmt: skip
    else:
        case = {"id": chosen["id"], "input": chosen["input"], "as_gold": True}
    return (json.dumps(case, indent=2, ensure_ascii=False) + "\n").encode()


def recorded_left(folder: Path) -> int:
    """How many recorded cases a release has to show by that it answers as it did."""
    return sum(1 for _ in objects_in(folder / RECORDED)) if (folder / RECORDED).is_file() else 0


def lost_by(stored: Stored, files: Mapping[str, bytes], *, trained: bool | None) -> list[str]:
    """What a release cannot do any more, for people.

    Args:
        stored: The release.
        files: That are others after the erasure.
        trained: Whether its weights were trained on the person's cases; None where nobody knows.
    """
    said = []
    if any(name.startswith(ROWS) for name in files):
        said.append("its rows cannot be judged again: it can serve and be rolled back to, and "
                    "cannot be promoted")  # fmt: skip
    if RECORDED in files:
        left = len(files[RECORDED].splitlines())
        if left == 0:
            said.append("it has no recorded answers left: where code or packages are others it is "
                        "refused")  # fmt: skip
        elif left < AT_LEAST:
            said.append(f"{left} recorded answers are left to show by that it answers as it did")
    if SMOKE in files and NOTHING_TO_ASK.encode() in files[SMOKE]:
        said.append("a rollback to it loads it, and compares its answer with nothing")
    if trained:
        said.append("its weights were trained on the person's cases")
    return said


def trained_on(ws: Workspace, found: Found, version: Version) -> bool | None:
    """Whether a version's weights were trained on the person; None where that is not known."""
    try:
        now = data_digest(ws.curated)
    except DslmError:
        return None
    if version.evidence.get("data") != now:
        return None
    return found.trained > 0
