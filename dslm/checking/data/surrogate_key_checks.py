"""Proof that personal data can be looked for and replaced: libraries, regions, the key.

Asked of the environment that `dslm check` runs in, as curation asks it before its first row. Called
by `dslm.checking.data.before_curation`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from dslm.checking.finding import Finding, failures, ok, warn
from dslm.contract.model.contract_model import Contract
from dslm.curation.personal import fingerprint, key_of, refuse_missing
from dslm.errors import DslmError
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json


def prove_surrogate_key(ws: Workspace, contract: Contract) -> Iterator[Finding]:
    """What looks for personal data is there, and the key where surrogates are made."""
    personal = contract.data.personal
    if personal.looks:
        try:
            refuse_missing(personal)
        except DslmError as error:
            yield from _told(ws, "personal", error)
    if personal.mode != "surrogate":
        return
    try:
        key = key_of(personal, os.environ)
    except DslmError as error:
        yield from _told(ws, "personal.key", error)
        return
    kind = "the published one" if personal.demonstration_key else f"in {personal.key_env}"
    used = _used_by_curation(ws)
    if key is not None and used not in (None, fingerprint(key)):
        yield warn(
            "personal.key",
            f"the key of the surrogates, {kind}, is another one ({fingerprint(key)}) than the "
            f"curated cases were made with ({used}): curating again gives other surrogates, and "
            "so another model",
            where=f"{ws.contract}: data.personal.key_env",
            fix=f"set the former key, or curate again: `dvc repro -f -s curate@{ws.workflow}`",
        )
    else:
        yield ok("personal.key", f"the key of the surrogates is {kind}")


def _used_by_curation(ws: Workspace) -> str | None:
    """The fingerprint of the key that the curated cases were made with, if there are any."""
    try:
        ledger = strict_json((ws.curated / "ledger.json").read_bytes())
        key = ledger["personal"]["key"]
    except (OSError, ValueError, KeyError, TypeError, DslmError):
        return None  # nothing is curated, or nothing was hidden then
    return key if isinstance(key, str) else None


def _told(ws: Workspace, proof: str, error: DslmError) -> Iterator[Finding]:
    for finding in failures(proof, error):
        where = f"{ws.contract}: {finding.where or 'data.personal'}"
        yield finding.model_copy(update={"where": where})
