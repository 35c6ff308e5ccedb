"""Waivers, `eval/<workflow>/waivers.yaml`: checks that may fail, until a day, by a signature.

Closed and typed; loaded by the gate, by `dslm check`, and again at registration and promotion. A
waiver is of one candidate on one gold set, for a bounded time, and never of a protected check.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from dslm.errors import DslmError, InputError, Problems
from dslm.settings.did_you_mean import nearest
from dslm.settings.files.document_loading import load_document
from dslm.settings.gate_policy import SHORTEST, GatePolicy, Settings, letters

DIGEST = r"^sha256:[0-9a-f]{64}$"
TODO = "TODO"  # begins what `dslm gate W --waiver CHECK` leaves open
SHORTEST_NAME = 2
NONE_YET = "write `waivers: []` into it where nothing is waived"


class Waiver(Settings):
    """One check that may fail, until a day, by somebody's signature."""

    check: str
    reason: str = Field(min_length=SHORTEST)
    signed_off_by: str = Field(min_length=SHORTEST_NAME)
    until: dt.date
    candidate: str = Field(pattern=DIGEST, description="holds only for this candidate")
    gold: str = Field(pattern=DIGEST, description="holds only for this gold set")

    @field_validator("reason", "signed_off_by")
    @classmethod
    def _filled_in(cls, value: str) -> str:
        if value.strip().upper().startswith(TODO):
            raise ValueError("is still to be filled in")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if letters(self.reason) < SHORTEST or letters(self.signed_off_by) < SHORTEST_NAME:
            what = f"reason has at least {SHORTEST} letters or digits, signed_off_by"
            raise ValueError(f"{what} at least {SHORTEST_NAME}")
        return self


class Waivers(Settings):
    """The document `eval/<workflow>/waivers.yaml`."""

    waivers: list[Waiver]


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """The waivers at `path`; the file has to be there, so that none is lost without a word.

    Raises:
        Problems: Every mistake in it, with file, line and key.
        InputError: It is missing.
    """
    return tuple(load_document(path, Waivers, fix=NONE_YET).waivers)


def refuse_idle_waivers(
    policy: GatePolicy,
    waivers: Sequence[Waiver],
    *,
    today: dt.date,
    gold: str,
    candidate: str | None = None,
) -> None:
    """A waiver that does not apply is a mistake somebody relies on, not a thing to pass over.

    Args:
        policy: Whose checks are waived.
        waivers: As loaded.
        today: The day of the verdict.
        gold: Digest of the gold set's file.
        candidate: Digest of the candidate; None where it is not known yet.

    Raises:
        Problems: Waivers of unknown or protected checks, expired ones, ones for too long, doubled
            ones, ones for another gold set or candidate.
    """
    faults: list[DslmError] = []
    for number, waiver in enumerate(waivers, start=1):
        where = f"waiver {number} ({waiver.check})"
        found = _faults(policy, waiver, today, gold, candidate)
        if waiver.check in [w.check for w in waivers[: number - 1]]:
            found.append(("waives a check twice", "keep one"))
        faults += [InputError(what, where=where, fix=fix) for what, fix in found]
    if faults:
        raise Problems(faults)


def applying(
    policy: GatePolicy,
    waivers: Sequence[Waiver],
    *,
    today: dt.date,
    gold: str,
    candidate: str,
) -> tuple[tuple[Waiver, ...], tuple[str, ...]]:
    """The waivers that are of a candidate, the first of each check; a line for each that is not.

    For a candidate that did not write them: those of a target branch may be of one that came
    before, and nobody relies on them here.
    """
    kept: dict[str, Waiver] = {}
    ignored = []
    for waiver in waivers:
        found = _faults(policy, waiver, today, gold, candidate)
        if waiver.check in kept:
            found.append(("waives a check twice", ""))
        if found:
            what = "; ".join(what for what, _ in found)
            ignored.append(f"The waiver of {waiver.check} is ignored: it {what}.")
        else:
            kept[waiver.check] = waiver
    return tuple(kept.values()), tuple(ignored)


def _faults(
    policy: GatePolicy, waiver: Waiver, today: dt.date, gold: str, candidate: str | None
) -> list[tuple[str, str]]:
    """Why a waiver does not apply, each with what to do."""
    found = [*_of_check(policy, waiver), *_of_time(policy, waiver, today)]
    anew = "remove it, or have it signed again"
    if waiver.gold != gold:
        found.append(("is for another gold set", anew))
    if candidate is not None and waiver.candidate != candidate:
        found.append((f"is for another candidate than {candidate}", anew))
    return found


def _of_check(policy: GatePolicy, waiver: Waiver) -> Iterator[tuple[str, str]]:
    """What is wrong with the check that it names."""
    known = {check.id: check for check in policy.checks}
    if waiver.check not in known:
        near = nearest(waiver.check, [*known])
        fix = f"did you mean {near!r}?" if near else f"checks: {', '.join(known)}"
        yield "waives no check of the policy", fix
    elif policy.protects(known[waiver.check]):
        yield ("waives a check that nobody can waive", "remove it; `waivers.never` in the gate "
               "policy names what is protected")  # fmt: skip


def _of_time(policy: GatePolicy, waiver: Waiver, today: dt.date) -> Iterator[tuple[str, str]]:
    """What is wrong with its last day."""
    if waiver.until < today:
        yield f"expired on {waiver.until}", "remove it, or have it signed again"
    most = policy.waivers.most_days
    if (waiver.until - today).days > most:
        last = today + dt.timedelta(days=most)
        yield (f"holds until {waiver.until}, {most} days are the most", f"{last} is the last day "
               "that can be signed for today")  # fmt: skip
