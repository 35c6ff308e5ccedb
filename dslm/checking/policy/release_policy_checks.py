"""Proof that the release policy is sound, and suits data that somebody else owns.

Reads `registry/policy.yaml`; called by `dslm.checking.check_workflow`. The example's policy takes
the published key and asks nobody: that is for data that the contract declares invented.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.checking.finding import Finding, failures, ok, warn
from dslm.contract.model.contract_model import Contract
from dslm.errors import DslmError
from dslm.settings.files.regular_files import is_there
from dslm.settings.release_policy import PATH, TRAINER, ReleasePolicy, load_release_policy
from dslm.settings.workspace import Workspace

PROOF = "release_policy"
NO_FILE = "the file itself: without it nobody has to sign anything"
MODEL = "copy the example under Approvals in docs/releases.md"


def prove_release_policy(ws: Workspace, contract: Contract | None) -> Iterator[Finding]:
    """The policy loads; for data that are not declared invented, what it lacks is told."""
    try:
        policy = load_release_policy(ws.root)
    except DslmError as error:
        yield from failures(PROOF, error)
        return
    if contract is None:
        return
    if contract.data.personal.demonstration_key:
        yield ok(PROOF, "the contract declares its data invented: the published key may sign")
        return
    path = ws.root / PATH
    lacks = [*_lacks(policy)] if is_there(path) else [NO_FILE]
    if lacks:
        what = f"the data are not declared invented, and {PATH} lacks: {'; '.join(lacks)}"
        yield warn(PROOF, what, where=path, fix=MODEL)
        return
    asks = ", ".join(f"{kind} {rule.count}" for kind, rule in policy.approvals.named())
    yield ok(PROOF, f"releases and moves are signed; approvals: {asks}")


def _lacks(policy: ReleasePolicy) -> Iterator[str]:
    """What a policy for real data needs and this one has not."""
    signing, asks = policy.signing, policy.approvals
    if signing.demonstration_key:
        yield "`demonstration_key: false`, since everybody has that key"
    if not signing.required:
        yield "`required: true`, or a signature can be taken away"
    if not signing.keys and TRAINER not in policy.roles:
        yield "a key of whoever trains (the role `trainer`, or `signing.keys`)"
    if asks.promotion is None:
        yield "`approvals.promotion`, or one person alone decides which version serves"
    elif not asks.promotion.not_the_trainer and asks.promotion.count == 1:
        yield "somebody other than the trainer who approves a promotion (`not_the_trainer: true`)"
    if asks.policy_change is None:
        yield "`approvals.policy_change`, or whoever edits the file takes the rest away"
