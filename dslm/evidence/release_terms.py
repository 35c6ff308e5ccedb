"""What a release was held to: gold and calibration split case by case, policy, contract, origin.

Each release carries its own, and git has the champion's beside `champion.json`, which names its
digest: the next candidate is compared with it, so that nothing is loosened without a word. Of a
case it has two digests and no text. Made when a release is packaged; read by the gate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from dslm.contract import Contract
from dslm.contract.cases.case_groups import chance_unit
from dslm.errors import ReleaseRefused
from dslm.provenance import digest_bytes, digest_json
from dslm.records import Case, Record
from dslm.settings.files.regular_files import what_is_there
from dslm.settings.gate_policy import GatePolicy

TERMS_FILE = "terms.json"
CaseDigests = dict[str, tuple[str, str]]  # of each case by id: of all it is, and of its group
MADE_FROM = ("recipe", "plan", "base", "data", "code", "gating", "lock")


class Terms(Record):
    """What one release was held to.

    Attributes:
        format: Of this record.
        workflow: Whose it is.
        gold: Of each case by id: the digest of input, target and meta, which tells whether it is
            the same, and that of its group.
        policy: What was asked.
        contract: By which answers were judged.
        made_from: Digests of `MADE_FROM`.
        calibration: As `gold`, of the calibration split; None of releases that kept none.
    """

    format: Literal["1"]
    workflow: str
    gold: CaseDigests
    policy: dict[str, Any]
    contract: dict[str, Any]
    made_from: dict[str, str]
    calibration: CaseDigests | None = None

    def text(self) -> str:
        """As it is written: a line a value, so that git shows what changed."""
        return json.dumps(self.model_dump(mode="json"), indent=1, sort_keys=True) + "\n"


def terms_of(
    contract: Contract,
    gold: Sequence[Case],
    policy: GatePolicy,
    evidence: Mapping[str, str],
    calibration: CaseDigests | None,
) -> Terms:
    """What a candidate is held to now.

    Args:
        contract: In force.
        gold: The gold set.
        policy: In force.
        evidence: The candidate's, and the digest of the judging code.
        calibration: The calibration split; None where it is not at hand.
    """
    return Terms(
        format="1",
        workflow=contract.name,
        gold=case_digests_of(contract, gold),
        policy=policy.model_dump(mode="json"),
        contract=contract.model_dump(mode="json", by_alias=True),
        made_from={name: evidence[name] for name in MADE_FROM},
        calibration=calibration,
    )


def case_digests_of(contract: Contract, cases: Sequence[Case]) -> CaseDigests:
    """What is kept of cases."""
    key = contract.data.group_by
    return {case.id: (_case_digest(case), group_digest(chance_unit(key, case))) for case in cases}


def changed_cases(then: Terms, now: Terms, part: str) -> list[str]:
    """Ids of those cases that both have, and that are not the same.

    A case's own digest tells that, its meta included. Its group's does only where another field
    names groups: older terms have the names of groups as they were spelled.

    Args:
        then: What the champion was held to.
        now: What the candidate is.
        part: `gold` or `calibration`.
    """
    was, new = getattr(then, part) or {}, getattr(now, part) or {}
    data = [one.contract.get("data") for one in (then, now)]
    by, by_now = (one.get("group_by") if isinstance(one, dict) else None for one in data)
    least = 1 if by == by_now else 2
    both = was.keys() & new.keys()
    return sorted(id_ for id_ in both if was[id_][:least] != new[id_][:least])


def _case_digest(case: Case) -> str:
    return digest_json({"input": case.input, "target": case.target, "meta": case.meta})


def group_digest(group: str) -> str:
    """What is kept of a group, by its name as rows have it."""
    return digest_json(group)


def read_terms(path: Path, workflow: str, digest: str, *, fix: str) -> Terms:
    """What the champion was held to, proved by its digest.

    Args:
        path: The file.
        workflow: Whose champion.
        digest: As `champion.json` has it.
        fix: What to do where it is not there.

    Raises:
        ReleaseRefused: It is missing, or is not the champion's.
    """
    if found := what_is_there(path):
        raise ReleaseRefused(found, where=path, fix=fix)
    return proved_terms(path.read_bytes(), workflow, digest, where=path, fix=fix)


def proved_terms(data: bytes, workflow: str, digest: str, *, where: Path | str, fix: str) -> Terms:
    """The same of a file's bytes.

    Raises:
        ReleaseRefused: They are not the champion's.
    """
    if digest_bytes(data) != digest:
        raise ReleaseRefused("is not what the champion was judged by", where=where, fix=fix)
    try:
        terms = Terms.model_validate_json(data)
    except ValidationError as error:
        what = f"cannot be read ({error.errors()[0]['msg']})"
        raise ReleaseRefused(what, where=where, fix=fix) from None
    if terms.workflow != workflow:
        raise ReleaseRefused(f"is of workflow {terms.workflow!r}", where=where, fix=fix)
    return terms
