"""Faults planted in what the team writes, all else made anew: nothing is stale, less is asked.

As `planted_faults`; each takes a workspace whose gold comes in groups of two. `caught_by` says what
stopped one: the gate's refusal or verdict, or what promotion refuses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from planted_faults import edit
from scored_repository import PAIRS, calibrated, digest_of, learnt, score, seal_curated
from scored_rows import first

from dslm.cases import read_records, write_records
from dslm.errors import DslmError
from dslm.gating.gate import gate_workspace
from dslm.gating.waiving import waiver_text
from dslm.provenance import digest_file, write_atomic, write_manifest
from dslm.records import Case
from dslm.settings.policy import load_policy
from dslm.settings.workspace import Workspace

TODAY = dt.date(2026, 11, 27)
GOOD = first(64, 68)  # as the candidate
SPAM = {"kind": "other", "number": None}
Fault = Callable[[Workspace], dt.date | None]  # gives the day of the verdict, if not today


def caught_by(ws: Workspace, today: dt.date) -> str:
    """What stops the run as it lies there; empty where nothing does."""
    try:
        verdict = gate_workspace(ws, today)
    except DslmError as error:
        return f"gate, exit {error.exit_code}: {error.message().splitlines()[0]}"
    if verdict.status != "PASS":
        wrong = [check for check in verdict.checks if check.status == verdict.status]
        return f"gate, {verdict.status}: {wrong[0].id}: {wrong[0].seen}; {wrong[0].why}"
    if less := verdict.changes.loosening:
        return "promotion: " + "; ".join(f"{one.part} {one.key}: {one.now}" for one in less)
    return ""


def scored_anew(ws: Workspace, gold: Sequence[Case], right: Sequence[bool] | None = None) -> None:
    """Another gold set, and everybody's answers on it."""
    write_records(ws.gold, gold)
    good = [True] * (len(gold) - 3) + [False] * 3
    score(ws, right or good, champion=good, gold=gold)


def _gold() -> Iterator[tuple[str, Fault]]:
    def under(case: Case, n: int) -> Case:
        meta = case.meta | {"sender": f"{case.meta['sender']}-{n}"}
        return case.model_copy(update={"id": f"{case.id}-{n}", "meta": meta})

    tripled = [*PAIRS, *(under(case, n) for n in (1, 2) for case in PAIRS)]
    said = [c.model_copy(update={"input": f"Hello, {c.input}"}) for c in tripled[len(PAIRS) :]]
    alone = [c.model_copy(update={"meta": c.meta | {"sender": c.id}}) for c in PAIRS]
    easier = [*PAIRS[:-1], PAIRS[-1].model_copy(update={"target": SPAM})]
    shorter = [*PAIRS[:-1], PAIRS[-1].model_copy(update={"input": "A-67"})]
    bare = [under(c, 3).model_copy(update={"meta": {"language": "en"}}) for c in PAIRS]
    aside = Case.model_validate(
        PAIRS[0].model_dump()
        | {"id": "x", "input": "Of no sender.", "target": SPAM, "meta": {"language": "en"}}
    )
    for name, gold in (
        ("one more case, without a sender", [*PAIRS, aside]),
        ("the same cases again, without a sender", [*PAIRS, *bare]),
        ("the same cases three times under new ids and groups", tripled),
        ("the same cases twice, the second with a greeting", [*PAIRS, *said[:len(PAIRS)]]),
        ("hard cases deleted", PAIRS[:-3]), ("one case deleted", PAIRS[1:]),
        ("cases under other ids", [under(case, 1) for case in PAIRS]),
        ("right cases once more, in their groups", [*PAIRS, *(
            case.model_copy(update={"id": f"{case.id}-again"}) for case in PAIRS[:40])]),
        ("each case a group of its own", alone), ("labels as the model answers", easier),
        ("an input edited", shorter),
    ):  # fmt: skip
        yield f"gold: {name}", lambda ws, gold=gold: scored_anew(ws, gold)


def _policy() -> Iterator[tuple[str, Fault]]:
    for name, old, new in (
        ("a wider margin", "margin: 0.12", "margin: 0.3"),
        ("a lower bound", "at_least: 0.7", "at_least: 0.5"),
        ("the value decides", "on: interval", "on: value"),
        ("another metric", "metric: schema_valid_rate", "metric: truncation_rate"),
        ("against the base", "to: champion", "to: base"),
        ("a larger error", "checks:", "alpha: 0.1\nchecks:"),
        ("first releases allowed", "checks:", "first_release: allow\nchecks:"),
        ("longer waivers", "checks:", "waivers: {most_days: 300}\nchecks:"),
        ("nothing protected", "checks:", "waivers: {never: []}\nchecks:"),
    ):  # fmt: skip
        yield f"policy: {name}", lambda ws, old=old, new=new: _text(ws, old, new)
    for check in ("readable", "right", "holds"):
        yield f"policy: without {check}", lambda ws, check=check: _without(ws, check)


def _text(ws: Workspace, old: str, new: str) -> None:
    text = ws.policy.read_text()
    assert old in text
    write_atomic(ws.policy, text.replace(old, new, 1))


def _without(ws: Workspace, check: str) -> None:
    lines = ws.policy.read_text().splitlines()
    kept = [line for line in lines if f"id: {check}," not in line]
    assert len(kept) == len(lines) - 1
    write_atomic(ws.policy, "\n".join(kept) + "\n")


def _worse() -> Iterator[tuple[str, Fault]]:
    """Whole groups lost: the margin is a tenth of the cases, and three groups are six cases."""
    for groups in (3, 4, 6):
        right = [n % 34 >= groups and good for n, good in enumerate(GOOD)]
        yield f"answers: {groups} groups lost", lambda ws, r=right: scored_anew(ws, PAIRS, r)
    yield "answers: below the bound", lambda ws: scored_anew(ws, PAIRS, first(51, 68))


def _waivers() -> Iterator[tuple[str, Fault]]:
    yield "waivers: the file gone", lambda ws: ws.waivers.unlink()
    yield "waivers: no list", lambda ws: write_atomic(ws.waivers, "waivers:\n")
    yield "waivers: all waived until 9999", lambda ws: _waive(ws, until="9999-12-31")
    yield "waivers: expired since", lambda ws: (_waive(ws), TODAY + dt.timedelta(days=91))[1]
    for name, changes in {
        "a protected check": {"check": "readable"}, "evidence": {"check": "evidence"},
        "an unknown check": {"check": "rihgt"}, "without a name": {"signed_off_by": ""},
        "without a reason": {"reason": "ok"}, "for ever": {"until": "never"},
        "for another candidate": {"candidate": digest_of("another candidate")},
        "for another gold set": {"gold": digest_of("other gold")},
        "for any candidate": {"candidate": ""},
    }.items():  # fmt: skip
        yield f"waivers: {name}", lambda ws, changes=changes: _waive(ws, **changes)


def _waive(ws: Workspace, **changes: Any) -> None:
    """A waiver of a check that fails, as `dslm gate --waiver` prints it, but for some changes."""
    scored_anew(ws, PAIRS, [n % 34 >= 4 for n in range(len(PAIRS))])
    text = waiver_text(load_policy(ws.policy), gate_workspace(ws, TODAY), "holds", TODAY)
    text = text.replace("TODO why this may pass, at least ten letters", "agreed in the meeting")
    text = text.replace("TODO who answers for it", "Kim of accounts")
    keys = {line.strip(" -").partition(":")[0]: line for line in text.splitlines()}
    for key, value in changes.items():
        old = keys[key]
        text = text.replace(old, f'{old.partition(":")[0]}: "{value}"')
    write_atomic(ws.waivers, text)


def _registry() -> Iterator[tuple[str, Fault]]:
    yield "terms: gone", lambda ws: ws.terms.unlink()
    yield (
        "terms: of another policy",
        lambda ws: edit(ws.terms, lambda value: value["policy"].update(alpha=0.1)),
    )
    yield "gold: edited after scoring", lambda ws: write_records(ws.gold, PAIRS[::-1])
    yield "lock file changed", lambda ws: write_atomic(ws.lock, f"{ws.lock.read_text()}x==1\n")
    yield (
        "contract: a looser comparator, its version raised",
        lambda ws: write_atomic(
            ws.contract,
            ws.contract.read_text()
            .replace("{as: text}", "{as: set}")
            .replace("version: 1", "version: 2"),
        ),
    )


def _split() -> Iterator[tuple[str, Fault]]:
    """The calibration split edited and sealed anew, books and all that follows with it."""
    for name, change in (
        ("hard cases dropped", lambda split: split[4:]), ("one case dropped", lambda s: s[1:]),
        ("a case made easy", lambda s: [s[0].model_copy(update={"input": "A-1."}), *s[1:]]),
        ("a case learnt from", lambda s: [*s, learnt("train of today").model_copy(
            update={"id": "x", "target": SPAM, "meta": {"language": "en", "sender": "x"}})]),
        ("an easy case many times", lambda s: [*s, *(s[1].model_copy(
            update={"id": f"x{n}", "meta": {"language": "en", "sender": f"x{n}"}})
            for n in range(20))]),
        ("a case of gold", lambda s: [*s, PAIRS[1].model_copy(update={"id": "x"})]),
        ("one more case, without a sender", lambda s: [*s, learnt("aside").model_copy(
            update={"id": "x", "target": SPAM, "meta": {"language": "en"}})]),
        ("a group learnt from", lambda s: [*s, s[0].model_copy(
            update={"id": "x", "meta": s[0].meta | {"sender": "train of today"}})]),
    ):  # fmt: skip
        yield f"calibration split: {name}", lambda ws, change=change: resplit(ws, change)
    yield (
        "calibration split: other books",
        lambda ws: _edit_books(ws, lambda value: value["kept"].update(calibration=34)),
    )
    for cases in (None, [5], [{}], [[]], {}):
        yield (
            f"calibration split: {cases} dropped by the books",
            lambda ws, cases=cases: _edit_books(ws, lambda value: value.update(cases=cases)),
        )


def resplit(ws: Workspace, change: Callable[[Sequence[Case]], Sequence[Case]]) -> None:
    """Another calibration split, its books, the threshold and everybody's answers."""
    split = change(read_records(ws.curated / "calibration.jsonl", Case))
    parts = ("train", "validation")
    seal_curated(ws, split, {n: read_records(ws.curated / f"{n}.jsonl", Case) for n in parts})
    calibrated(ws, split)
    score(ws, first(64, 68), champion=GOOD, gold=PAIRS)


def _edit_books(ws: Workspace, change: Callable[[dict[str, Any]], object]) -> None:
    edit(ws.curated / "ledger.json", change)
    write_manifest(ws.curated, {})


def loosenings() -> dict[str, Fault]:
    """All of them by name."""
    tables = (_gold, _policy, _worse, _waivers, _registry, _split)
    return {name: fault for table in tables for name, fault in table()}


def waived(ws: Workspace) -> None:
    """A check that fails, waived as it should be."""
    _waive(ws)
    assert digest_file(ws.waivers)
