"""The verdict as a pull-request comment: answer first, then the checks, then what to do.

Takes a `Verdict`; gives GitHub-flavoured markdown. Written to `eval/W/results/gate.md`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.gating.changes.changes_since_champion import changes_told
from dslm.gating.changes.earlier_policies import HEADING
from dslm.gating.checks.check_result import UNMEASURED
from dslm.gating.checks.settings_to_change import knobs
from dslm.gating.markdown_escaping import literal, words
from dslm.records import NOT_APPLICABLE, Check, CheckStatus, Look, Verdict
from dslm.settings.workspace import stage_command

MARKS: dict[CheckStatus, str] = {
    "PASS": "✅", "FAIL": "❌", "INCONCLUSIVE": "❔", NOT_APPLICABLE: "➖",
}  # fmt: skip
ORDER: dict[CheckStatus, int] = {"FAIL": 0, "INCONCLUSIVE": 1, "PASS": 2, NOT_APPLICABLE: 3}

LONGEST_CELL = 2_000


def _row(check: Check) -> str:
    cells = (check.id, check.metric, check.asked, check.seen, check.why)
    told = " | ".join(words(cell, LONGEST_CELL) for cell in cells)
    return f"| {MARKS[check.status]} {check.status} | {told} |"


def _escaped(verdict: Verdict) -> Verdict:
    """The verdict with ids that are markdown: one that was stored may hold anything."""
    checks = [check.model_copy(update={"id": words(check.id)}) for check in verdict.checks]
    return verdict.model_copy(update={"checks": tuple(checks)})


def look_in_words(look: Look) -> str:
    """Which look at gold it is, and what that leaves."""
    place = f"Look {look.number} at this gold set, or one that shares cases with it"
    return f"{place}: it may spend {look.share:.2%} of alpha, {look.left:.2%} is left after it"


def _next_steps(verdict: Verdict) -> list[str]:
    workflow = verdict.workflow
    if verdict.status == "PASS":
        waived = [c.id for c in verdict.checks if c.waived]
        command = stage_command("register", workflow)
        steps = [f"Register it: {command}, then `dslm release promote {workflow}`."]
        return [f"Passed with waivers: {', '.join(waived)}. Read them first.", *steps][not waived :]
    if any(check.id == "evidence" for check in verdict.checks):
        return [f"Make the evidence again: `dvc repro gate@{workflow}`, then read the new verdict."]
    steps = []
    failed = [check.id for check in verdict.checks if check.status == "FAIL"]
    if failed:
        steps.append(
            f"{', '.join(failed)}: see the worst cases in `artifacts/{workflow}/report.html`; "
            "correct the data or the recipe and run `dvc repro`."
        )
    if any(c.metric == "selective_risk" and c.why == UNMEASURED for c in verdict.checks):
        steps.append(
            f"Nothing proceeds: no threshold could be certified, or none is reached. A better "
            "model or calibration cases of more groups help; so does a looser "
            "`decision.max_selective_risk`, if the costs bear it: `steps` in "
            f"`artifacts/{workflow}/calibration.json` says at which risk how many answers would "
            "have been certified."
        )
    needed = [c for c in verdict.checks if c.status == "INCONCLUSIVE" and c.needed_cases]
    if needed and verdict.look and verdict.look.number > 1:
        steps.append(
            f"{verdict.look.number} looks have been taken: where many more cases are asked for, a "
            f"gold set of new cases only starts with all of alpha (`eval/{workflow}/gold.jsonl`)."
        )
    steps += [
        f"{c.id}: about {c.needed_cases} gold cases would decide it "
        f"(`eval/{workflow}/gold.jsonl`)." for c in needed
    ]  # fmt: skip
    open_ = [c.id for c in verdict.checks if c.status == "INCONCLUSIVE" and not c.needed_cases]
    if open_:
        steps.append(
            f"{', '.join(open_)}: more cases alone will not help, the answers must improve."
        )
    steps += knobs(verdict)
    steps.append(
        f"An exception needs a dated, signed waiver in `eval/{workflow}/waivers.yaml`: "
        f"`dslm gate {workflow} --waiver CHECK` prints one to fill in."
    )
    return steps


def _changed(verdict: Verdict) -> list[str]:
    """What changed since the champion was judged."""
    told = changes_told(verdict)
    if not told:
        return []
    head, *lines = told
    loosened = verdict.changes.loosening
    if loosened:
        lines.append(f"What is LOOSENED ({len(loosened)}) is refused at promotion.")
    return [f"**{head[0].upper()}{head[1:]}**", "", *(f"- {words(line)}" for line in lines), ""]


def _weighed(verdict: Verdict) -> list[str]:
    """What production would see, beside what was judged."""
    lines = [f"- {words(line, LONGEST_CELL)}" for line in verdict.traffic]
    return ["**Weighted by the contract's traffic**", "", *lines, ""] if lines else []


def _loosened(lines: Sequence[str]) -> list[str]:
    """That a stricter policy held the same look up."""
    shown = [f"- {words(line, LONGEST_CELL)}" for line in lines]
    return [f"**{HEADING}**", "", *shown, ""] if lines else []


def as_markdown(verdict: Verdict, loosened: Sequence[str] = ()) -> str:
    """The whole comment, ending with a line break; `loosened` as `earlier_policies` tells it."""
    version = verdict.baseline.version
    against = f"compared with version {version}" if version else "no release to compare with yet"
    if verdict.first_release:
        beside = f", version {version} cannot be asked" if version else ""
        against = f"a first release: nothing was compared with a champion{beside}"
    if verdict.judged_on:
        against += f"; judged on {verdict.judged_on}"
    counts = [
        f"{n} {status}" for status in ORDER
        if (n := sum(check.status == status for check in verdict.checks))
    ]  # fmt: skip
    if waived := sum(check.waived for check in verdict.checks):
        counts.append(f"{waived} passed by a waiver only")
    checks = sorted(verdict.checks, key=lambda check: ORDER[check.status])
    evidence = [f"| {words(key)} | {literal(d)} |" for key, d in sorted(verdict.evidence.items())]
    lines = [
        f"## {MARKS[verdict.status]} {verdict.workflow}: {verdict.status}",
        "",
        f"{', '.join(counts) or 'No check was made'}; {against}.",
        *([f"{look_in_words(verdict.look)}."] if verdict.look else []),
        "",
        *([f"Threshold: {words(verdict.threshold)}.", ""] if verdict.threshold else []),
        "| | check | metric | required | measured | why |",
        "|---|---|---|---|---|---|",
        *map(_row, checks),
        "",
        *_weighed(verdict),
        *_changed(verdict),
        *_loosened(loosened),
        "**What to do**",
        "",
        *(f"- {step}" for step in _next_steps(_escaped(verdict))),
        "",
        "<details><summary>Evidence</summary>",
        "",
        "| of | digest |",
        "|---|---|",
        *evidence,
        "",
        "</details>",
    ]
    return "\n".join(lines) + "\n"
