"""Proof that the key of the surrogates is set, where the contract makes any.

Asked of the environment that `dslm check` runs in, as curation asks it before its first row. Called
by `dslm.proving.before_curation`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from dslm.contract.model import Contract
from dslm.curation.personal.keys import key_of
from dslm.errors import DslmError
from dslm.proving.finding import Finding, failures, ok
from dslm.settings.workspace import Workspace


def prove_surrogate_key(ws: Workspace, contract: Contract) -> Iterator[Finding]:
    """The key of the surrogates is set and is one, where the contract makes any."""
    personal = contract.data.personal
    if personal.mode != "surrogate":
        return
    try:
        key_of(personal, os.environ)
    except DslmError as error:
        for finding in failures("personal.key", error):
            yield finding.model_copy(update={"where": f"{ws.contract}: {finding.where}"})
        return
    kind = "the published one" if personal.demonstration_key else f"in {personal.key_env}"
    yield ok("personal.key", f"the key of the surrogates is {kind}")
