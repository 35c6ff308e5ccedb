"""What a version is worth in one line: verdict, cost and straight-through rate, for lists.

Takes a release's scorecard and verdict; gives a `Summary`. Registration keeps it as a tag, so that
listing needs no files; whoever proves a version compares the tag with the files. Of a version from
before there was the tag it is read from the files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dslm.errors import DslmError
from dslm.provenance import canonical_json
from dslm.records import Metric, Record, Release
from dslm.releasing.journal.look_anchors import TAG as LOOK
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.read_without_mlflow import reading_store
from dslm.releasing.registry.version import Version
from dslm.strict_json import strict_json

TAG = "summary"
COST, STRAIGHT_THROUGH = "cost_per_case", "straight_through_rate"


class Summary(Record):
    """Of one version: what the gate said, and two of its candidate's metrics on gold.

    Attributes:
        verdict: PASS, FAIL or INCONCLUSIVE.
        checks: How many checks stand behind it.
        cost: Per case, in `currency`.
        straight_through: Share of cases that proceed without a person, rightly.
        currency: The contract's.
    """

    verdict: str
    checks: int
    cost: Metric | None
    straight_through: Metric | None
    currency: str


class Listed(Record):
    """A version as a list shows it; `age` in seconds, `summary` None where it cannot be read.

    `approved_by`: whose signatures it has, for the move that made it champion or for the next one.
    """

    release: Release
    summary: Summary | None
    age: float
    approved_by: tuple[str, ...] = ()


def summary_of(scorecard: bytes, verdict: bytes) -> Summary:
    """The summary of a release's files.

    Raises:
        ValueError: They are no scorecard or no verdict.
    """
    card, gate = _object(scorecard), _object(verdict)
    try:
        metrics = card["models"]["candidate"]["metrics"]
        return Summary(
            verdict=gate["status"],
            checks=len(gate["checks"]),
            cost=metrics.get(COST),
            straight_through=metrics.get(STRAIGHT_THROUGH),
            currency=card["currency"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"lacks {error}") from None


def _object(text: bytes) -> Mapping[str, Any]:
    value = strict_json(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def summary_tag(folder: Path) -> str:
    """The summary of a release's folder, as a version's tag holds it."""
    texts = ((folder / name).read_bytes() for name in ("scorecard.json", "gate.json"))
    return canonical_json(summary_of(*texts).model_dump(mode="json")).decode()


def as_release(workflow: str, version: Version) -> Release:
    """A version of the registry as the record that people and receipts see."""
    return Release(
        workflow=workflow,
        version=version.number,
        digest=version.digest,
        aliases=version.aliases,
        status=version.tags.get("status", "unknown"),
        contract_version=version.contract_version,
        created=version.created,
        evidence=version.evidence,
        run_id=version.run_id,
        look=version.tags.get(LOOK),
    )


def listed(root: Path, workflow: str) -> tuple[list[Listed], list[str]]:
    """Every version of a workflow, newest first; and where registry and journal disagree."""
    from dslm.releasing.moves.champion_agreement import disagreements, gone_champions
    from dslm.releasing.registry.mlflow_connection import nothing_yet
    from dslm.settings.workspace import Workspace

    ws = Workspace(root, workflow)
    if nothing_yet(root):
        return [], _told(disagreements(ws))
    store = reading_store(root, workflow)
    now = dt.datetime.now(tz=dt.UTC)
    approved = _approvals(root, store)
    found = [
        Listed(
            release=as_release(workflow, version),
            summary=_summary(store, version),
            age=(now - dt.datetime.fromisoformat(version.created)).total_seconds(),
            approved_by=approved(version),
        )
        for version in reversed(store.versions())
    ]
    return found, _told(disagreements(ws, store) + gone_champions(ws, store))


def _approvals(root: Path, store: ModelStore) -> Callable[[Version], tuple[str, ...]]:
    """Says who approved a version; nobody where the journal cannot be read, which is told beside.

    Of who signed for the next move it is not told whether that counts: `approvals` does.
    """
    from dslm.releasing.approvals.approval_tags import PREFIX, waiting_approvers
    from dslm.releasing.journal.journal import Journal, digest_of
    from dslm.releasing.journal.journal_proof import signed_moves
    from dslm.releasing.moves.release_identity import is_release

    try:
        journal = Journal(store)
        entries = journal.entries()
        moves = list(zip(entries, signed_moves(entries, store.model), strict=True))
    except DslmError:
        return lambda _: ()
    after = digest_of(entries[-1]) if entries else journal.genesis

    def of(version: Version) -> tuple[str, ...]:
        for entry, by in reversed(moves):
            if by.approved_by and is_release(store, entry, version):
                return tuple(dict.fromkeys(who for _, who in by.approved_by))
        if any(key.startswith(PREFIX) for key in version.tags):
            return waiting_approvers(root, store.model, version, after)
        return ()

    return of


def _told(faults: list[DslmError]) -> list[str]:
    return [fault.message() for fault in faults]


def _summary(store: ModelStore, version: Version) -> Summary | None:
    """By its tag, or by its files; a tag or file that holds none hides no version."""
    try:
        if (said := version.tags.get(TAG)) is not None:
            return Summary.model_validate(strict_json(said))
        texts = [store.read(version, name) for name in ("scorecard.json", "gate.json")]
        if texts[0] is None or texts[1] is None:
            return None
        return summary_of(texts[0], texts[1])
    except (ValueError, ValidationError, DslmError):
        return None
