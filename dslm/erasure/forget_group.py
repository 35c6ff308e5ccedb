"""Erases a person's cases wherever they lie within reach.

Takes a workspace and a group's id; gives the `Listing` of what there was. What can be made again
goes first, then the rows of stored releases; sources, gold and review files, by which it is known
whose a case is, go last, and only once nothing else holds anything. So a command that was ended at
any step is finished by the same command again. Called by `dslm forget`.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dslm.erasure.erased_person import key_of
from dslm.erasure.exclusive_access import exclusive_access
from dslm.erasure.find_cases import FoundCases, find_cases
from dslm.erasure.inventory import Listing, listed, releases_of, scratch_folder
from dslm.erasure.other_copies import copies, kinds_of, remove
from dslm.erasure.primary_files import in_order, rewrite
from dslm.erasure.registry_releases import Stored, stored_releases
from dslm.erasure.releases_holding import held_by
from dslm.erasure.resealed_release import begun_here, seal
from dslm.errors import DslmError, InputError, Problems
from dslm.releasing.moves import command_steps
from dslm.releasing.package.erasure_register import Entry, begun, read_register, write_entry
from dslm.settings.workspace import Workspace

MOST_NAMED = 20
LEAST_OF_A_NAME = 2  # letters of a group's, to be looked for in a reason
_FEW_DIGITS = re.compile(r"\d{1,2}")


def forget(
    ws: Workspace, group: str, actor: str, reason: str, *, leave_others: bool = False
) -> Listing:
    """Erase a group's cases wherever they lie within reach.

    Args:
        ws: The workflow.
        group: Its id.
        actor: Who asks.
        reason: Why; kept in the record of erasures and in releases, so it names nobody.
        leave_others: Whether to go on although there are copies that only a person can remove.

    Returns:
        What was there.

    Raises:
        InputError: There is no such group; the reason is missing or names the group; something else
            is at work; or copies are left that only a person can remove: nothing of sources and
            gold is changed then.
    """
    with exclusive_access(ws), scratch_folder(ws, alone=True) as folder:
        found = find_cases(ws, group)
        _refuse_reason(reason, actor, found)
        before = listed(ws, found, group, folder)
        if before.before is not None and before.before.done:
            return before
        entry = _entry(ws, found, before, actor, reason)
        command_steps.reached("begun")
        for one in before.copies:
            if one.path is not None and one.action == "removed":
                remove(one.path)
                command_steps.reached("copy removed")
        entry, unsigned = _seal_all(ws, found, entry, folder)
        _refuse_left(ws, found, folder, leave_others=leave_others)
        command_steps.reached("copies gone")
        for file in in_order(found.files):
            rewrite(file)
            command_steps.reached("rows taken out")
        _refuse_any_left(ws, found, group, folder, leave_others=leave_others)
        command_steps.reached("nothing left")
        write_entry(ws, entry.model_copy(update={"done": True}))
        command_steps.reached("done")
    return replace(before, applied=True, to_do=(*unsigned, *before.to_do))


def _entry(ws: Workspace, found: FoundCases, before: Listing, actor: str, reason: str) -> Entry:
    """The record's entry: a new one, or the one that was begun, with what is found now."""
    known = read_register(ws).of(found.person.key)
    entry = known if known and not known.done else begun(found.person.key, actor, reason)
    counts = kinds_of(before.copies)
    most = {kind: max(entry.erased.get(kind, 0), count) for kind, count in counts.items()}
    entry = entry.model_copy(update={"erased": dict(sorted((entry.erased | most).items()))})
    write_entry(ws, entry)
    return entry


def _refuse_reason(reason: str, actor: str, found: FoundCases) -> None:
    """Refuse to write the person's name into what is kept for ever.

    Raises:
        InputError: The reason is empty, or names the group.
    """
    if not reason.strip():
        raise InputError(
            "no reason", where="--reason", fix="give a reason: a case number, no names"
        )
    for where, said in (("--reason", reason), ("--actor", actor)):
        if _names(said, found.person.key):
            fix = "give the reason without the group's id: it is kept permanently"
            raise InputError("names the group that is to be forgotten", where=where, fix=fix)


def _names(said: str, key: str) -> bool:
    """Whether a text has a group's name as a word; one or two digits are a day or a count."""
    if len(key) < LEAST_OF_A_NAME or _FEW_DIGITS.fullmatch(key):
        return False
    return re.search(rf"(?<!\w){re.escape(key)}(?!\w)", key_of(said)) is not None


def _seal_all(
    ws: Workspace, found: FoundCases, entry: Entry, scratch: Path
) -> tuple[Entry, tuple[str, ...]]:
    """Erase the person's cases from every stored release; gives what has to be signed by hand."""
    unsigned = []
    with tempfile.TemporaryDirectory(dir=scratch) as into:
        for place, stored in enumerate(stored_releases(ws, Path(into))):
            if not held_by(found, stored.folder).counts and not begun_here(stored, entry):
                continue
            work = scratch / f"release-{place}"
            work.mkdir()
            with stored.registry():
                done = seal(ws, stored, found, entry, work)
            shutil.rmtree(work)
            if done.unsigned:
                unsigned.append(_sign(ws, stored))
            if done.resealed is not None:
                others = [one for one in entry.releases if not one.version or
                          (one.version, one.before) != (done.resealed.version,
                                                        done.resealed.before)]  # fmt: skip
                releases = (*others, done.resealed)
                entry = entry.model_copy(update={"releases": releases})
                write_entry(ws, entry)
    return entry, tuple(unsigned)


def _sign(ws: Workspace, stored: Stored) -> str:
    command = f"dslm release sign {ws.workflow} --version {stored.version.number} --again"
    return f"`{command}`, by who has a key: {stored.named} was signed and is not any more"


def _refuse_left(ws: Workspace, found: FoundCases, scratch: Path, *, leave_others: bool) -> None:
    """Look everywhere again, but in what people keep by hand.

    Raises:
        Problems: Something is left.
    """
    left: list[DslmError] = []
    again = "the same command again"
    for one in copies(ws, found):
        by_hand = one.action == "by hand"
        if not (by_hand and leave_others):
            fix = f"remove it by hand, then {again}; or `--leave-others`" if by_hand else again
            what = f"still holds {one.found} of the person's texts"
            left.append(InputError(what, where=one.place, fix=fix))
    for release in releases_of(ws, found, scratch)[0]:
        for name in () if leave_others else release.others:
            left.append(InputError("holds a text of the person's, and cannot be changed",
                                   where=f"{release.named}, {name}", fix="delete that version in "
                                   "MLflow, or go on with `--leave-others`"))  # fmt: skip
        left += [InputError("still holds the person's cases", where=f"{release.named}, {name}",
                            fix=again) for name in release.files]  # fmt: skip
    if left:
        raise Problems(_few(left))


def _few(left: Sequence[DslmError]) -> list[DslmError]:
    more = len(left) - MOST_NAMED
    rest = [InputError(f"{more} more places hold something")] if more > 0 else []
    return [*left[:MOST_NAMED], *rest]


def _refuse_any_left(
    ws: Workspace, found: FoundCases, group: str, scratch: Path, *, leave_others: bool
) -> None:
    """The closing look, at every byte of tree, cache and registry.

    Raises:
        Problems: Something is left.
    """
    again = find_cases(ws, group)
    left = [
        InputError("still has rows of the person's", where=one.path, fix="the same command again")
        for one in again.files
    ]
    if left:
        raise Problems(_few(left))
    _refuse_left(ws, replace(found, files=()), scratch, leave_others=leave_others)
