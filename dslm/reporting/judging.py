"""The verdict as one word and one sentence, for page and terminal alike.

Takes the run's data; gives a `Headline`. A verdict reached on other evidence than the scorecard's
is no verdict: it reads STALE, whatever it said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dslm.records import Check, Scorecard, Verdict
from dslm.reporting.data import ReportData

Word = Literal["PASS", "FAIL", "INCONCLUSIVE", "NOT GATED", "STALE"]


@dataclass(frozen=True)
class Headline:
    """The run's answer: the word, the reason, and what to do next."""

    word: Word
    reason: str
    next_step: str

    @property
    def tone(self) -> str:
        """The word as a class name: pass, fail or open."""
        return {"PASS": "pass", "FAIL": "fail"}.get(self.word, "open")


def changed_since(scorecard: Scorecard, verdict: Verdict) -> list[str]:
    """Evidence that verdict and scorecard both name, and name differently."""
    known = scorecard.evidence
    return sorted(k for k, d in verdict.evidence.items() if k in known and known[k] != d)


def _listed(checks: list[Check]) -> str:
    first = checks[0]
    more = f" (and {len(checks) - 1} more)" if len(checks) > 1 else ""
    return f"{first.id}: {first.why.rstrip('. ')}{more}."


def _of(part: int, whole: int, verb: str) -> str:
    checks = "check" if whole == 1 else "checks"
    return f"{part} of {whole} {checks} {verb}"


def _after_a_pass(data: ReportData) -> str:
    name, registered, known = data.scorecard.workflow, data.registered, data.scorecard.evidence
    if registered is None or any(known.get(k) != v for k, v in registered.evidence.items()):
        return f"it may be registered: make release W={name}"
    if (data.champion.version, data.champion.digest) == (registered.version, registered.digest):
        return f"none: version {registered.version} is registered and is the champion"
    return f"promote it: dslm release promote {name} --reason …"


def headline(data: ReportData) -> Headline:
    """The verdict on a run in one sentence."""
    verdict, name = data.verdict, data.scorecard.workflow
    repro = f"run dvc repro gate@{name}"
    if verdict is None:
        return Headline("NOT GATED", "Scored, but the gate has not run on it.", repro)
    if changed := changed_since(data.scorecard, verdict):
        reason = f"The gate said {verdict.status} on other evidence: {', '.join(changed)} changed."
        return Headline("STALE", reason, repro)
    total = len(verdict.checks)
    bad = [check for check in verdict.checks if check.status == verdict.status]
    if verdict.status == "PASS":
        version = verdict.baseline.version
        than = f"compared with release {version}" if version else "no release to compare with yet"
        reason = f"{f'All {total} checks' if total > 1 else 'The one check'} passed; {than}."
        return Headline("PASS", reason, _after_a_pass(data))
    if not bad:
        return Headline(verdict.status, f"{total} checks, none of which says why.", repro)
    if verdict.status == "FAIL":
        reason = f"{_of(len(bad), total, 'failed')}. {_listed(bad)}"
        step = f"look at the failed checks and the worst cases: dslm report {name}"
        return Headline("FAIL", reason, step)
    need = [check.needed_cases for check in bad if check.needed_cases]
    enough = f" About {max(need):,} gold cases would decide it." if need else ""
    reason = f"{_of(len(bad), total, 'cannot be decided')}. {_listed(bad)}{enough}"
    return Headline("INCONCLUSIVE", reason, f"add gold cases to eval/{name}/gold.jsonl")
