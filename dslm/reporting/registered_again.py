"""What a registration says: a new version, or none and why.

Takes the release that the registry has of a candidate, the receipt of before, and the run; gives
lines. Called by the register stage. A release is its model, what it was trained on,
the contract and gold; the gate policy is no part of it, so that another policy makes no version.
"""

from __future__ import annotations

from dslm.records import Release, Verdict
from dslm.reporting.data import ReportData
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json


def last_receipt(ws: Workspace) -> Release | None:
    """The receipt of the newest registration; None where there is none that can be read."""
    try:
        return Release.model_validate(strict_json(ws.receipt.read_bytes()))
    except (OSError, ValueError):
        return None


def registration_told(release: Release, receipt: Release | None, run: ReportData) -> list[str]:
    """The lines to print.

    Args:
        release: As the registry has it now.
        receipt: Of the registration before this one.
        run: With its verdict and what serves.
    """
    version, champion = release.version, run.champion
    if (champion.version, champion.digest) == (version, release.digest):
        return [
            f"register {release.workflow}: no new version. What was gated is version {version}, "
            "the champion: the same model, data, contract and gold",
            *_policy_lines(run.verdict, version),
        ]
    if receipt and (receipt.version, receipt.digest) == (version, release.digest):
        return [
            f"register {release.workflow}: no new version. Version {version}, {release.status}, is "
            "this candidate already, under this verdict",
        ]
    return [f"register {release.workflow}: version {version}, {release.status}"]


def _policy_lines(verdict: Verdict | None, version: int) -> list[str]:
    """How the policy differs from the one that the champion was registered by."""
    turned = [one for one in (verdict.changes.found if verdict else ()) if one.part == "policy"]
    if not turned:
        return []
    return [
        f"the gate policy is another than at its registration; version {version} passes it too. A "
        "policy is no part of a release: it asks of the next candidate",
        *(f"  {'LOOSENED ' if one.loosens else ''}{one.key}: {one.was} → {one.now}"
          for one in turned),
    ]  # fmt: skip
