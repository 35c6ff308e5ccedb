"""What a registration says: a new version, or none and why.

Takes the workflow, the release that the registry has of its candidate, and the receipt of before;
gives lines. Called by the register stage. A release is its model, what it was trained on,
the contract and gold; the gate policy is no part of it, so that another policy makes no version.
"""

from __future__ import annotations

from dslm.errors import ReleaseRefused
from dslm.evidence import read_terms
from dslm.gating.changes.changes_since_champion import policy_changes
from dslm.records import Baseline, Release
from dslm.reporting.run_report.report_data import read_results
from dslm.settings.gate_policy import load_policy
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json


def last_receipt(ws: Workspace) -> Release | None:
    """The receipt of the newest registration; None where there is none that can be read."""
    try:
        return Release.model_validate(strict_json(ws.receipt.read_bytes()))
    except (OSError, ValueError):
        return None


def registration_told(ws: Workspace, release: Release, receipt: Release | None) -> list[str]:
    """The lines to print.

    Args:
        ws: The workflow, registered.
        release: As the registry has it now.
        receipt: Of the registration before this one.
    """
    version, champion = release.version, read_results(ws).champion
    if (champion.version, champion.digest) == (version, release.digest):
        return [
            f"register {release.workflow}: no new version. What was gated is version {version}, "
            "the champion: the same model, data, contract and gold",
            *_policy_lines(ws, champion),
        ]
    if receipt and (receipt.version, receipt.digest) == (version, release.digest):
        return [
            f"register {release.workflow}: no new version. Version {version}, {release.status}, is "
            "this candidate already, under this verdict",
        ]
    return [f"register {release.workflow}: version {version}, {release.status}"]


def _policy_lines(ws: Workspace, champion: Baseline) -> list[str]:
    """How the policy in force differs from the one that the champion was held to."""
    if not champion.terms:
        return []  # of before releases kept what they were held to
    try:
        then = read_terms(ws.terms, ws.workflow, champion.terms, fix="`git checkout` it")
    except ReleaseRefused as error:
        return [f"what the gate policy was at its registration cannot be told: {error.message()}"]
    now = load_policy(ws.policy).model_dump(mode="json")
    turned = list(policy_changes(then.policy, now))
    if not turned:
        return []
    return [
        f"the gate policy is another than at its registration; version {champion.version} passes "
        "it too. A policy is no part of a release: it asks of the next candidate",
        *(f"  {'LOOSENED ' if one.loosens else ''}{one.key}: {one.was} → {one.now}"
          for one in turned),
    ]  # fmt: skip
