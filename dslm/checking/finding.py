"""What one proof found: fine, worth a look, or wrong.

Made by the proofs, printed by `dslm check`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from dslm.errors import DslmError, Problems

Kind = Literal["ok", "warn", "fail"]
MOST_NAMED = 5


class Finding(BaseModel):
    """The result of one proof.

    `proof` names what was asked (`rules`, `gold.schema`, …), `where` the file, line or key it was
    found at, `fix` the next step. `skipped` says that nothing was looked at, and the message why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    proof: str
    message: str
    where: str | None = None
    fix: str | None = None
    skipped: bool = False


def skipped(proof: str, message: str, *, fix: str | None = None) -> Finding:
    """A proof that cannot be made here and stands in nobody's way; the message says why."""
    return Finding(kind="ok", proof=proof, message=message, fix=fix, skipped=True)


def ok(proof: str, message: str) -> Finding:
    """A proof that holds."""
    return Finding(kind="ok", proof=proof, message=message)


def warn(
    proof: str, message: str, *, where: str | Path | None = None, fix: str | None = None
) -> Finding:
    """Allowed, but the owner should know."""
    return Finding(kind="warn", proof=proof, message=message, where=_text(where), fix=fix)


def fail(
    proof: str, message: str, *, where: str | Path | None = None, fix: str | None = None
) -> Finding:
    """Wrong: nothing should be run before it is mended."""
    return Finding(kind="fail", proof=proof, message=message, where=_text(where), fix=fix)


def failures(proof: str, error: DslmError) -> list[Finding]:
    """An error of ours as findings, one a problem."""
    problems = error.problems if isinstance(error, Problems) else (error,)
    return [fail(proof, p.what, where=p.where, fix=p.fix) for p in problems]


def named(items: Iterable[object]) -> str:
    """The first few of many, and how many more there are."""
    texts = [str(item) for item in items]
    more = f" and {len(texts) - MOST_NAMED} more" if len(texts) > MOST_NAMED else ""
    return ", ".join(texts[:MOST_NAMED]) + more


def _text(where: str | Path | None) -> str | None:
    return None if where is None else str(where)
