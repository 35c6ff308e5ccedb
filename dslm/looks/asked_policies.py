"""What was asked at a look at gold: each policy that judged it, with the verdict it came to.

Takes a look, the policy in plain values and the verdict's status; writes one small file a policy
beside the look, `eval/<workflow>/looks/<gold>/policies/`, tracked by git as looks are, at first
sight, and where the look passed then and is held up now, as a waiver is gone. Written by the gate;
`dslm.gating.changes.earlier_policies` tells which of them asked more. Nothing is judged by them:
what was never committed can be hidden by deleting its file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from dslm.looks.asked_cases import short
from dslm.looks.look import Look
from dslm.provenance import digest_json, write_atomic
from dslm.record import Record

FOLDER, PASS = "policies", "PASS"


class AskedPolicy(Record):
    """A policy that judged a look, and what came of it; `held_up`: checks that did not pass."""

    format: Literal["1"] = "1"
    status: str
    held_up: tuple[str, ...] = ()
    policy: dict[str, Any]


def _folder(looks: Path, look: Look) -> Path:
    return looks / short(look.gold) / FOLDER


def keep_policy(looks: Path, look: Look, asked: AskedPolicy) -> None:
    """Write down that a policy judged a look; nothing where that is written, or that it held it up.

    Args:
        looks: The folder of the ledger.
        look: Whose verdict it is.
        asked: The policy and its verdict.
    """
    named = f"{short(look.candidate)}.{short(digest_json(asked.policy))[:8]}.json"
    path = _folder(looks, look) / named
    if asked.status != PASS and path.is_file() and _passed(path):
        path = path.with_suffix(".held_up.json")  # beside it: what git has of looks never changes
    if not path.exists():
        write_atomic(path, asked.model_dump_json(indent=1) + "\n")


def _passed(path: Path) -> bool:
    try:
        return AskedPolicy.model_validate_json(path.read_bytes()).status == PASS
    except (OSError, ValidationError):
        return False  # told as broken


def policies_of(looks: Path, look: Look) -> tuple[list[AskedPolicy], list[Path]]:
    """Every policy that judged a look, and the files that cannot be read."""
    found: list[AskedPolicy] = []
    broken: list[Path] = []
    for path in sorted(_folder(looks, look).glob(f"{short(look.candidate)}.*.json")):
        try:
            found.append(AskedPolicy.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError):
            broken.append(path)
    return found, broken


def asked_policy(status: str, checks: Mapping[str, str], policy: Mapping[str, Any]) -> AskedPolicy:
    """A verdict's policy as it is kept.

    Args:
        status: Of the verdict.
        checks: Check → status.
        policy: In plain values.
    """
    held_up = tuple(name for name, one in checks.items() if one in ("FAIL", "INCONCLUSIVE"))
    return AskedPolicy(status=status, held_up=held_up, policy=dict(policy))
