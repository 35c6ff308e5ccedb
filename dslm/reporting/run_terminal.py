"""A run in the terminal: the line a stage ends with, and the verdict with its headline numbers.

Takes records and report data; gives rich renderables, text from data never read as markup. Called
by the stages and by `dslm show run`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING

from dslm.records import Metric, Scorecard
from dslm.reporting.display_names import COST, metric_name, model_name
from dslm.reporting.formatting import interval, quantity, rate, visible
from dslm.reporting.run_report.errors_by_field import standing
from dslm.reporting.run_report.page_sections import HEADLINE, NOTHING, models
from dslm.reporting.run_report.report_data import ReportData
from dslm.reporting.run_report.summary_sentence import first_sentence
from dslm.reporting.run_report.verdict_headline import Headline, headline
from dslm.scoring.all_to_a_person import PERSON

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

MOST_FIELDS = 5
WIDEST_NAME = 12  # characters a line of who answers, between words
BY_TRAFFIC = "Candidate, gold weighted by traffic"
SIGNS = {"pass": ("✓", "bold green"), "fail": ("✗", "bold red"), "open": ("?", "bold yellow")}


def stage_line(stage: str, workflow: str, said: Mapping[str, str]) -> Text:
    """The line a stage ends with.

    Args:
        stage: The stage's name.
        workflow: Whose stage it was.
        said: What there is to say, label → text, in this order.
    """
    from rich.text import Text

    line = Text.assemble(("✓ ", "green"), (f"{stage} {workflow}", "bold"))
    for label, text in said.items():
        line.append("  ")
        line.append(f"{label} ", style="dim")
        line.append(visible(text))
    return line


def verdict_line(said: Headline) -> Text:
    """The verdict: sign, word and reason."""
    from rich.text import Text

    sign, style = SIGNS[said.tone]
    return Text.assemble((f"{sign} {said.word}", style), "  ", visible(said.reason))


def metric_text(metric: Metric, key: str, currency: str) -> str:
    """A metric as one cell: its value, and below it the 95 % interval; n/a where there is none."""
    unit = metric_name(key).unit
    text = quantity(metric.value, unit, currency)
    if metric.value is None or metric.low is None or metric.high is None:
        return text
    return f"{text}\n{interval(metric, unit, currency)}"


def headline_table(data: ReportData) -> Table:
    """The four headline numbers, a line a model: as the report has them, on 80 columns.

    Below the candidate the same by the contract's traffic, last what a person costs, where known.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    card = data.scorecard
    title = f"{card.gold_cases:,} gold cases, 95 % intervals below each number"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="dim",
                  padding=(0, 1, 0, 0), show_edge=False)  # fmt: skip
    table.add_column("", no_wrap=True)
    for key in HEADLINE:
        table.add_column(_in_two(metric_name(key).label), justify="right")
    for name, metrics in _lines(data):
        cells = [metric_text(metrics[key], key, card.currency) if key in metrics else ""
                 for key in HEADLINE]  # fmt: skip
        table.add_row(Text("\n".join(wrap(name, WIDEST_NAME))), *map(Text, cells))
    return table


def _lines(data: ReportData) -> Iterator[tuple[str, Mapping[str, Metric]]]:
    """Who answers, and the metrics that are known of it."""
    for model in models(data):
        own = data.scorecard.models[model]
        yield model_name(model), dict.fromkeys(HEADLINE, NOTHING) | own.metrics
        if model == "candidate" and own.traffic:
            yield BY_TRAFFIC, own.traffic
    if data.person:
        yield model_name(PERSON), {COST: data.person.get(COST, NOTHING)}


def _in_two(label: str) -> str:
    """A heading on two lines, so that its column is no wider than what stands in it."""
    words = label.split()
    return label if len(words) == 1 else f"{words[0]}\n{' '.join(words[1:])}"


def weakest_fields(scorecard: Scorecard) -> str:
    """The fields of the candidate that are wrong in most cases, as the report counts them.

    An answer is right when all its fields are, so these are what holds the whole back.
    """
    worst = [one for one in standing(scorecard) if one.wrong_in][:MOST_FIELDS]
    return ", ".join(f"{one.field} in {one.wrong_in:,} (F1 {rate(one.f1.value)})" for one in worst)


def labelled(told: Mapping[str, str]) -> Text:
    """Lines of label and text, the texts below each other."""
    from rich.text import Text

    width = max(map(len, told)) + 2
    return Text("\n").join(
        Text.assemble((label.ljust(width), "dim"), visible(text)) for label, text in told.items()
    )


def run_summary(data: ReportData, told: Mapping[str, str]) -> Group:
    """A run for `dslm show run`: verdict, headline numbers, what to do next, where things lie.

    Args:
        data: Of the report.
        told: What else there is to say before that, label → text.
    """
    from rich.console import Group

    said = headline(data)
    weak = weakest_fields(data.scorecard)
    fields = {"Fields": f"wrong most often: {weak}"} if weak else {}
    below = labelled({**fields, **told, "Next": said.next_step, **data.where})
    return Group(
        verdict_line(said),
        first_sentence(data),
        headline_table(data),
        below,
    )
