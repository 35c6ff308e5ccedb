"""The verdict as one word and one sentence, for page and terminal alike.

Takes the run's data; gives a `Headline`. A verdict reached on other evidence than the scorecard's
is no verdict: it reads STALE, whatever it said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dslm.gating.checks.settings_to_change import first_knob
from dslm.records import Check, Scorecard, Verdict
from dslm.reporting.run_report.main_finding import main_finding, weightiest
from dslm.reporting.run_report.report_data import ReportData

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


def _next(data: ReportData, verdict: Verdict, bad: Sequence[Check], first: str) -> str:
    """What to do about the news: the data first, then the settings that move it."""
    turned = first_knob(verdict, weightiest(data, bad))
    return f"{first}; to change the result: {turned}" if turned else first


def _after_a_pass(data: ReportData) -> str:
    name, registered, known = data.scorecard.workflow, data.registered, data.scorecard.evidence
    if registered is None or any(known.get(k) != v for k, v in registered.evidence.items()):
        return f"it may be registered: make release W={name}"
    if (data.champion.version, data.champion.digest) == (registered.version, registered.digest):
        return f"nothing: version {registered.version} is registered and is the champion"
    return f"promote it: dslm release promote {name} --reason …"


def _passed(verdict: Verdict) -> str:
    """How many checks passed; one that was waived or had nothing to compare with is not of them."""
    waived = sum(check.waived for check in verdict.checks)
    passed = sum(check.status == "PASS" for check in verdict.checks) - waived
    idle = len(verdict.checks) - passed - waived
    if not (idle or waived):
        return f"{f'All {passed} checks' if passed > 1 else 'The one check'} passed"
    others = ((waived, "waived"), (idle, "not applicable"))
    more = "".join(f", {count} {what}" for count, what in others if count)
    return f"{passed} {'check' if passed == 1 else 'checks'} passed{more}"


def _compared_with(verdict: Verdict) -> str:
    if verdict.first_release:
        return "a first release, compared with no champion"
    version = verdict.baseline.version
    return f"compared with release {version}" if version else "no release to compare with yet"


def headline(data: ReportData) -> Headline:
    """The verdict on a run in one sentence."""
    verdict, name = data.verdict, data.scorecard.workflow
    repro = f"run dvc repro gate@{name}"
    if verdict is None:
        return Headline("NOT GATED", "Scored, but the gate has not run on it.", repro)
    if changed := changed_since(data.scorecard, verdict):
        reason = (
            f"The recorded verdict, {verdict.status}, is outdated: {', '.join(changed)} changed."
        )
        return Headline("STALE", reason, repro)
    bad = [check for check in verdict.checks if check.status == verdict.status]
    if verdict.status == "PASS":
        reason = f"{_passed(verdict)}; {_compared_with(verdict)}."
        return Headline("PASS", reason, _after_a_pass(data))
    if not bad:
        reason = f"{len(verdict.checks)} checks, and none of them gives a reason."
        return Headline(verdict.status, reason, repro)
    if verdict.status == "FAIL":
        if any(check.id == "evidence" for check in bad):
            return Headline("FAIL", main_finding(data, bad), f"{repro}, then read the new verdict")
        step = f"read the worst cases in {report_of(data)}"
        if any(check.asked.startswith("no slice") for check in bad):
            step += f", label more of what fell in data/{name}/sources"
        return Headline("FAIL", main_finding(data, bad), _next(data, verdict, bad, step))
    need = [check.needed_cases for check in bad if check.needed_cases]
    enough = f" About {max(need):,} gold cases would decide it." if need else ""
    reason = f"The gold set cannot decide it yet. {main_finding(data, bad)}{enough}"
    step = f"add gold cases to eval/{name}/gold.jsonl"
    return Headline("INCONCLUSIVE", reason, step if need else _next(data, verdict, bad, step))


def report_of(data: ReportData) -> str:
    """Where the report lies."""
    return data.where.get("Report", f"artifacts/{data.scorecard.workflow}/report.html")
