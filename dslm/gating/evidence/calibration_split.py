"""The calibration split: that it is what curation left, and what of it went since the champion.

A threshold is certified for cases like those of the split; who leaves out the hard ones certifies
what does not hold. Takes the split, curation's ledger and the champion's terms; gives its
digests case by case, and each difference. Called by `evidence_loading` and
`changes_since_champion`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dslm.cases import read_labelled, read_records
from dslm.contract import Contract
from dslm.contract.cases.case_groups import folded, group_of
from dslm.errors import ReleaseRefused
from dslm.evidence import CaseDigests, Terms, case_digests_of, changed_cases, read_json
from dslm.provenance import read_manifest
from dslm.records import Case, Change
from dslm.settings.workspace import Workspace, stage_command

NAME = "calibration"
LEARNT_FROM = ("train", "validation")
NOT_SHOWN = (
    "that nothing was left out of the calibration split cannot be checked beyond curation's "
    "ledger, since there "
    "is no champion's split to compare with"
)
REPLACES = ("surrogate", "mask")  # modes of `data.personal`
MASKED = "["  # begins what stands for a masked value
FEWER = "its threshold is certified without these cases"
DAYS = ("split.validation_from", "split.calibration_from", "window")  # of `data`


def split_digests(ws: Workspace, contract: Contract) -> CaseDigests:
    """The split as curation left it, case by case.

    Raises:
        ReleaseRefused: It is not what curation's ledger says, has a case several times, or cases
            that were learnt from.
        InputError: Nothing whole was curated.
    """
    made_by = stage_command("curate", ws.workflow)
    read_manifest(ws.curated, made_by=made_by)
    path = ws.curated / f"{NAME}.jsonl"
    cases = read_labelled(path, contract)
    fix, key = f"run {made_by} and all that follows", contract.data.group_by
    _refuse_other_books(ws.curated / "ledger.json", cases, contract, made_by)
    seen = [case for name in LEARNT_FROM for case in read_records(_split(ws, name), Case)]
    seen += read_records(ws.gold, Case)
    if bare := [case.id for case in cases if key is not None and not group_of(case, key)]:
        what = f"{len(bare)} cases have no meta.{key}, {bare[0]} the first: curation drops those"
        raise ReleaseRefused(what, where=path, fix=fix)
    texts = Counter(folded(case) for case in cases)
    if twice := [case.id for case in cases if texts[folded(case)] > 1]:
        what = f"{len(twice)} cases repeat another one, {twice[0]} the first: curation keeps one"
        raise ReleaseRefused(what, where=path, fix=fix)
    for told, of in (("text", folded), ("group", lambda case: group_of(case, key))):
        learnt = {of(case) for case in seen}
        if told == "group":
            learnt = {group for group in learnt if not _may_be_another(contract, group)}
        if both := [case.id for case in cases if of(case) in learnt]:
            what = f"{len(both)} cases have a {told} of training or gold, {both[0]} the first"
            raise ReleaseRefused(what, where=path, fix=fix)
    return case_digests_of(contract, cases)


def _may_be_another(contract: Contract, group: str) -> bool:
    """Whether a group's name may stand for several: what is masked or replaced may be alike.

    What is found in a text (an address, a number) gets one surrogate of very many; a name, and
    what a field is declared to hold, one of few.
    """
    personal, place = contract.data.personal, f"meta.{contract.data.group_by}"
    if contract.data.group_by is None or not personal.looks or personal.mode not in REPLACES:
        return False
    return place in personal.places or "name" in personal.kinds or (
        personal.mode == "mask" and MASKED in group
    )  # fmt: skip


def _split(ws: Workspace, name: str) -> Path:
    return ws.curated / f"{name}.jsonl"


def _refuse_other_books(
    path: Path, cases: Sequence[Case], contract: Contract, made_by: str
) -> None:
    """Refuse a split of other cases than curation says that it kept there.

    Raises:
        ReleaseRefused: It is one, or there are no such books.
    """
    book = read_json(path, made_by=made_by)
    groups = {group_of(case, contract.data.group_by) for case in cases}
    for key, told, found in (("kept", "cases", len(cases)), ("groups", "groups", len(groups))):
        counted = book.get(key)
        said = counted.get(NAME) if isinstance(counted, dict) else None
        fewer = key == "groups" and isinstance(said, int) and found < said
        if said != found and not (fewer and any(_may_be_another(contract, one) for one in groups)):
            what = f"says that {said} {told} were kept for {NAME}, but there are {found}"
            raise ReleaseRefused(what, where=path, fix=f"run {made_by} and all that follows")
    dropped = book.get("cases")
    if not isinstance(dropped, list) or not all(isinstance(one, list) and one for one in dropped):
        what = "does not say which `cases` were dropped"
        raise ReleaseRefused(what, where=path, fix=f"run {made_by} and all that follows")
    ids = {str(one[0]) for one in dropped}
    if both := [case.id for case in cases if case.id in ids]:
        what = f"says that {both[0]} was dropped, and {NAME} has it"
        raise ReleaseRefused(what, where=path, fix=f"run {made_by} and all that follows")


def split_changes(then: Terms, now: Terms) -> Iterator[Change]:
    """What of the calibration split is not as it was when the champion was judged.

    Cases gone or changed loosen, since the threshold is certified for what is left. Those that are
    gold by now, or whose group is, had to go; where the contract's days moved, another split is
    drawn. That loosens nothing, and may favour the candidate: somebody chose which went.
    """
    if now.calibration is None:
        return
    if then.calibration is None:
        kept = f"{len(now.calibration)} cases"
        yield Change(part=NAME, key="split", was="not kept", now=kept, loosens=False)
        return
    was, new = then.calibration, now.calibration
    parts = 2 if _grouped(now) else 1  # without groups a case's own id stands for its group
    gold = _parts(now, parts) - _parts(then, parts)
    away, came = _lacking(was, new), _lacking(new, was)
    to_gold = [id_ for id_ in away if gold & set(was[id_][:parts])]
    moved = _days(then.contract) != _days(now.contract)
    for key, ids, less in (
        ("removed", [id_ for id_ in away if id_ not in to_gold], not moved),
        ("changed", changed_cases(then, now, NAME), True),
        ("gone to gold", to_gold, False),
        ("added", came, False),
    ):
        if ids:
            is_now = f"{len(new)} cases, {len(ids)} {key}"
            favours = "" if less or key == "added" else FEWER
            yield Change(part=NAME, key=key, was=f"{len(was)} cases", now=is_now,
                         loosens=less, ids=tuple(ids), favours=favours)  # fmt: skip


def _lacking(cases: CaseDigests, others: CaseDigests) -> list[str]:
    """Those that others have neither by their id nor, under another, as they are."""
    known = {pair[0] for pair in others.values()}
    return sorted(i for i, pair in cases.items() if i not in others and pair[0] not in known)


def _parts(terms: Terms, parts: int) -> set[str]:
    """Digests of gold's cases, and of their groups where both parts count."""
    return {digest for pair in terms.gold.values() for digest in pair[:parts]}


def _grouped(terms: Terms) -> bool:
    """Whether the contract names groups."""
    data = terms.contract.get("data")
    return isinstance(data, dict) and data.get("group_by") is not None


def _days(contract: Mapping[str, Any]) -> list[Any]:
    """The days by which a contract parts cases."""
    data = contract.get("data") or {}
    found: list[Any] = []
    for place in DAYS:
        value: Any = data
        for key in place.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        found.append(value)
    return found
