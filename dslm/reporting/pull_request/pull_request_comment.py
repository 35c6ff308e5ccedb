"""The comment on a pull request: the verdict, what it means, and what the change did to each case.

Takes a verdict and what was read of its run; gives GitHub-flavoured markdown. Pure. The hidden
first line names the workflow, so that a job can find its comment and write over it. Where it would
be longer than GitHub takes, its tables get shorter, and each says what it left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dslm.gating.markdown_escaping import literal, words
from dslm.gating.verdict_markdown import MARKS
from dslm.records import Verdict
from dslm.reporting.display_names import COST
from dslm.reporting.formatting import money
from dslm.reporting.pull_request import comment_tables
from dslm.reporting.pull_request.answer_flips import flips
from dslm.reporting.run_report.report_data import ReportData
from dslm.reporting.run_report.summary_sentence import first_sentence
from dslm.reporting.run_report.verdict_headline import headline
from dslm.reporting.run_report.verdict_notes import verdict_notes
from dslm.settings.waivers import Waiver

MOST_CHARACTERS = 65_400  # GitHub takes 65,536 of a comment; the job that posts it adds a line
STEPS = (200, 60, 25, 10, 4, 1, 0)  # rows of each table, until it fits


@dataclass(frozen=True)
class Beside:
    """What is told beside the verdict.

    Attributes:
        means: Check → why it is asked, in the owner's words.
        waivers: As they are in force.
        alpha: One-sided error of the paired bounds.
        why_no_run: Why the run cannot be told, where it could not be read.
        notes: What has to be read first, such as what a pull request changes.
    """

    means: Mapping[str, str] = field(default_factory=dict)
    waivers: Sequence[Waiver] = ()
    alpha: float = 0.05
    why_no_run: str = ""
    notes: Sequence[str] = ()


def marker(workflow: str) -> str:
    """The hidden line by which a job finds the comment that it wrote last time."""
    return f"<!-- dslm gate {workflow} -->"


def comment(verdict: Verdict, data: ReportData | None, beside: Beside | None = None) -> str:
    """The whole comment, ending with a line break.

    Args:
        verdict: The gate's.
        data: The run, its personal values replaced as the report's are; None where it cannot be
            read, as where evidence is missing.
        beside: What else is told.
    """
    for most in STEPS:
        text = "\n".join(_lines(verdict, data, beside or Beside(), most)) + "\n"
        if _length(text) <= MOST_CHARACTERS:
            return text
    cut = "The full comment is too long: only the verdict is shown here."
    lines = [*_head(verdict), "", f"{cut} See {_report(verdict)}."]
    return "\n".join(lines) + "\n"


def not_judged(workflow: str, reason: str, *, red: bool = True) -> str:
    """A comment where there is no verdict: nothing differs, or something is in the way."""
    mark = "❌" if red else "➖"
    title = f"## {mark} {workflow}: {'not judged' if red else 'nothing to judge'}"
    return f"{marker(workflow)}\n{title}\n\n{words(reason, 2_000)}\n"


def _length(text: str) -> int:
    """In UTF-16 units, two of them for what lies beyond 65,535: never less than is counted."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _report(verdict: Verdict) -> str:
    return f"`artifacts/{verdict.workflow}/report.html`"


def _head(verdict: Verdict) -> list[str]:
    title = f"## {MARKS[verdict.status]} {verdict.workflow}: {verdict.status}"
    return [marker(verdict.workflow), title]


def _lines(verdict: Verdict, data: ReportData | None, beside: Beside, most: int) -> Iterator[str]:
    where = _report(verdict)
    yield from _head(verdict)
    yield ""
    if beside.notes:
        yield from (*(f"- {words(note, 1_000)}" for note in beside.notes), "")
    if data is None:
        yield words(f"The run itself cannot be shown: {beside.why_no_run}", 1_000)
    else:
        said = headline(data)
        yield f"**{words(said.reason, 600)}**"
        yield ""
        yield f"{words(first_sentence(data), 600)} Next: {words(said.next_step, 600)}."
        yield from ("", *comment_tables.numbers(data, beside.alpha), "", _against(verdict, beside))
        yield from _flips(data, most, where)
        if parts := comment_tables.slices(data, beside.alpha, most, where):
            yield from _folded("Slices", parts)
        yield from _cost(data)
    yield from _waivers(verdict, beside, most)
    yield from _more(verdict, () if data is None else data.loosened, most)
    shown = comment_tables.checks(verdict, dict(beside.means), most, where)
    yield from _folded(f"All {len(verdict.checks)} checks", shown)
    digests = sorted(verdict.evidence.items())
    rows = [[words(name), literal(digest)] for name, digest in digests[:most]]
    if rows:
        shown = comment_tables.table(["of", "digest"], rows)
        left = comment_tables.left_out(len(digests), most, "digests", where)
        yield from _folded("What was judged, by digest", [*shown, *left])


def _folded(title: str, lines: Sequence[str]) -> list[str]:
    """Lines that are unfolded on request."""
    return ["", f"<details><summary>{title}</summary>", "", *lines, "", "</details>"]


def _against(verdict: Verdict, beside: Beside) -> str:
    """What the table's numbers are, and whom the candidate was compared with."""
    version = verdict.baseline.version
    if not version or verdict.first_release:
        return "Ranges are 95 % intervals. No champion was compared with: this is a first release."
    sure = f"{100 * (1 - beside.alpha):g} %"
    return (f"Ranges are 95 % intervals; each bound of a difference holds with {sure} confidence. "
            f"The champion is version {version}.")  # fmt: skip


def _flips(data: ReportData, most: int, where: str) -> Iterator[str]:
    if comment_tables.reference_of(data) is None:
        return
    found = flips(data.rows["candidate"], data.rows["champion"])
    if not found:
        yield from ("", "No case differs from the champion in which fields are right.")
        return
    quoted = data.contract.data.personal.quote_in_comments and not data.raw
    yield from comment_tables.flipped(data, found, most, where, quoted=quoted)
    if quoted and data.shown_as:
        yield from ("", words(data.shown_as.replace("`", ""), 600))


def _cost(data: ReportData) -> Iterator[str]:
    """What a case costs, beside people doing all."""
    currency, models = data.scorecard.currency, data.scorecard.models
    told = [
        f"{name} {money(found.value, currency)}"
        for name in ("candidate", "champion", "base")
        if name in models and (found := models[name].metrics.get(COST)) is not None
    ]
    told.append(f"people alone {money(data.contract.costs.review, currency)}")
    yield from ("", words(f"A case costs: {', '.join(told)}."))


def _waivers(verdict: Verdict, beside: Beside, most: int) -> Iterator[str]:
    lifted = {check.id for check in verdict.checks if check.waived}
    if not (beside.waivers or lifted):
        return
    yield from ("", "**Waivers**", "")
    for waiver in beside.waivers[:most]:
        used = "lifts" if waiver.check in lifted else "is in force for"
        yield (f"- {words(waiver.signed_off_by)} {used} {literal(waiver.check)} until "
               f"{waiver.until}: {words(waiver.reason)}")  # fmt: skip
    if len(beside.waivers) > most:
        left = len(beside.waivers) - most
        yield f"- … and {left} more: see `eval/{verdict.workflow}/waivers.yaml`"


def _more(verdict: Verdict, loosened: Sequence[str], most: int) -> Iterator[str]:
    """What else a verdict says, such as what changed since the champion, part by part."""
    for title, lines in verdict_notes(verdict, loosened):
        yield from ("", f"**{words(title)}**", "")
        yield from (f"- {words(line)}" for line in lines[:most])
        if len(lines) > most:
            where = f"`eval/{verdict.workflow}/results/gate.json`"
            yield f"- … and {len(lines) - most} more: see {where}"
