"""Proof that personal data can be looked for and replaced: libraries, regions, the key.

Asked of the environment that `dslm check` runs in, as curation asks it before its first row. Called
by `dslm.proving.before_curation`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from dslm.contract.model import Contract
from dslm.curation.personal.finder import refuse_missing
from dslm.curation.personal.keys import key_of
from dslm.errors import DslmError
from dslm.proving.finding import Finding, failures, ok
from dslm.settings.workspace import Workspace


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
        key_of(personal, os.environ)
    except DslmError as error:
        yield from _told(ws, "personal.key", error)
        return
    kind = "the published one" if personal.demonstration_key else f"in {personal.key_env}"
    yield ok("personal.key", f"the key of the surrogates is {kind}")


def _told(ws: Workspace, proof: str, error: DslmError) -> Iterator[Finding]:
    for finding in failures(proof, error):
        where = f"{ws.contract}: {finding.where or 'data.personal'}"
        yield finding.model_copy(update={"where": where})
