"""What a drill found, kept in git and signed; and whether a promotion may rest on it.

Takes the rows of a drill; writes `registry/<workflow>/drill.json` and, where there is a key, a
signed statement beside it. `promote_and_rollback` refuses a promotion that lacks what the policy
asks for.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Protocol

from pydantic import AwareDatetime, ValidationError

import dslm
from dslm.contract import load_contract
from dslm.errors import InputError, ReleaseRefused
from dslm.errors.notices import notice
from dslm.provenance import digest_file, write_atomic
from dslm.record import Record
from dslm.records import Baseline
from dslm.releasing.signing.dsse import envelope, opened
from dslm.releasing.signing.key_choice import key_for
from dslm.releasing.signing.trusted_keys import trust_in_force
from dslm.settings.files.regular_files import is_there
from dslm.settings.release_policy import PATH, load_release_policy
from dslm.settings.workspace import Workspace

TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
AHEAD = dt.timedelta(minutes=10)  # that another machine's clock may be
Outcome = Literal["pass", "fail", "not tried"]


class Candidate(Protocol):
    """A release that is to be promoted: its proof."""

    @property
    def version(self) -> int:
        """Its number."""

    @property
    def digest(self) -> str:
        """The release's."""


class DrillRow(Record):
    """One fault: what was planted, what has to happen, what did, and how long recovery took."""

    fault: str
    asked: str
    seen: str
    outcome: Outcome
    seconds: float


class DrilledRelease(Record):
    """A release that was moved to and back from."""

    version: int
    digest: str
    manifest: str


class DrillRecord(Record):
    """`registry/<workflow>/drill.json`.

    Attributes:
        releases: The champion to be, and the one that was rolled back to.
        passed: Every fault was tried and survived.
    """

    workflow: str
    at: AwareDatetime
    dslm: str
    actor: str
    releases: tuple[DrilledRelease, ...]
    rows: tuple[DrillRow, ...]
    passed: bool
    seconds: float


def keep_record(ws: Workspace, record: DrillRecord) -> str | None:
    """Write a drill's record, signed where there is a key; gives the key's id, None without one."""
    text = json.dumps(record.model_dump(mode="json"), indent=2, ensure_ascii=False)
    write_atomic(ws.drill, text + "\n")
    ws.drill_statement.unlink(missing_ok=True)  # it is of another drill
    try:
        key = key_for(ws.root, load_contract(ws.contract))
    except InputError as fault:
        notice(ws.workflow, "the drill is not signed", fault.message())
        return None
    if key is None:
        return None
    write_atomic(ws.drill_statement, envelope(_statement(ws, record), key))
    return key.public.id


def _statement(ws: Workspace, record: DrillRecord) -> dict[str, Any]:
    """The record as an in-toto test result; its subjects are the releases' manifests."""
    by = {kind: [row.fault for row in record.rows if row.outcome == kind]
          for kind in ("pass", "fail", "not tried")}  # fmt: skip
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": f"{ws.workflow}:{one.version}", "digest": {"sha256": _hex(one.manifest)}}
            for one in record.releases
        ],
        "predicateType": TEST_RESULT,
        "predicate": {
            "result": "PASSED" if record.passed else "FAILED",
            "configuration": [
                {"name": ws.drill.name, "digest": {"sha256": _hex(digest_file(ws.drill))}}
            ],
            "passedTests": by["pass"],
            "warnedTests": by["not tried"],
            "failedTests": by["fail"],
        },
    }


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")


def read_record(ws: Workspace) -> DrillRecord | None:
    """The last drill; None where there was none.

    Raises:
        InputError: The file holds none.
    """
    if not is_there(ws.drill):
        return None
    try:
        return DrillRecord.model_validate_json(ws.drill.read_bytes())
    except ValidationError as error:
        what = f"is no record of a drill ({error.errors()[0]['msg']})"
        raise InputError(what, where=ws.drill, fix=_again(ws)) from None


def refuse_undrilled(
    ws: Workspace, candidate: Candidate, champion: Baseline, *, within_drill: bool = False
) -> None:
    """Refuse a promotion without the drill that the policy asks for.

    The first promotion needs none: there is nothing to go back to.

    Args:
        ws: The workflow.
        candidate: To be promoted.
        champion: What serves, and would be rolled back to.
        within_drill: This is the drill itself.

    Raises:
        ReleaseRefused: There was none, it failed, it is of other releases or another dslm, it is
            too old or of tomorrow, or it is not signed where the policy wants signatures.
    """
    policy = load_release_policy(ws.root)
    if policy.drill is None or champion.version == 0 or within_drill:
        return
    record = read_record(ws)
    wanted = {champion.digest: f"the champion, version {champion.version}",
              candidate.digest: f"version {candidate.version}"}  # fmt: skip
    days = policy.drill.max_age_days
    fault = "there was none" if record is None else next(_faults(record, wanted, days), None)
    if fault is None and policy.signing.required:
        fault = _unsigned(ws)
    if fault is None:
        return
    what = f"{PATH} wants a drill of the last {days} days: {fault}"
    fix = f"`dslm release drill {ws.workflow} --version {candidate.version}`, then promote"
    raise ReleaseRefused(what, where=ws.drill, fix=fix)


def _faults(record: DrillRecord, wanted: Mapping[str | None, str], days: int) -> Iterator[str]:
    failed = [row.fault for row in record.rows if row.outcome != "pass"]
    if failed or not record.passed or not record.rows:
        yield f"the last one did not pass ({', '.join(failed) or 'it tried nothing'})"
    drilled = {one.digest for one in record.releases}
    missing = [name for one, name in wanted.items() if one not in drilled]
    if missing:
        yield f"the last one was not of {' and '.join(missing)}"
    if record.dslm != dslm.__version__:
        yield f"the last one was with dslm {record.dslm}, here is {dslm.__version__}"
    age = dt.datetime.now(tz=dt.UTC) - record.at
    if age > dt.timedelta(days=days):
        yield f"the last one is {age.days} days old"
    if age < -AHEAD:
        yield f"the last one says that it is of {record.at:%Y-%m-%d %H:%M}, which is to come"


def _unsigned(ws: Workspace) -> str | None:
    """Why the last drill's signature does not count; None where it does."""
    if not is_there(ws.drill_statement):
        return "the last one is not signed"
    trust = trust_in_force(ws.root)
    if trust is None:
        return "nobody's keys count here"
    said, _ = opened(ws.drill_statement.read_bytes(), trust, ws.drill_statement)
    try:
        (named,) = said["predicate"]["configuration"]
        signed = named["digest"]["sha256"]
    except (KeyError, TypeError, ValueError):
        signed = None
    if said.get("predicateType") != TEST_RESULT or signed != _hex(digest_file(ws.drill)):
        return "the signed statement is of another drill"
    return None


def _again(ws: Workspace) -> str:
    return f"`git checkout` it, or `dslm release drill {ws.workflow}`"
