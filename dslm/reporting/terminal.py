"""A run in the terminal: the line a stage ends with, and the verdict with its headline numbers.

Takes records and report data; gives rich renderables, text from data never read as markup. Called
by the stages and by `dslm show run`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dslm.records import Metric, Scorecard
from dslm.reporting.data import ReportData
from dslm.reporting.first_sentence import first_sentence
from dslm.reporting.formatting import interval, quantity, rate, visible
from dslm.reporting.judging import Headline, headline
from dslm.reporting.naming import metric_name, model_name
from dslm.reporting.page import HEADLINE, NOTHING, models

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

MOST_FIELDS = 5
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
    """A metric as one cell: value and 95 % interval, n/a where there is none."""
    unit = metric_name(key).unit
    text = quantity(metric.value, unit, currency)
    if metric.value is None or metric.low is None or metric.high is None:
        return text
    return f"{text}  ({interval(metric, unit, currency)})"


def headline_table(scorecard: Scorecard, order: list[str]) -> Table:
    """The four headline numbers of each model, in the given order of models."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    title = f"{scorecard.gold_cases:,} gold cases, 95 % intervals"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="dim")
    table.add_column("")
    for model in order:
        table.add_column(model_name(model), justify="right", overflow="fold")
    for key in HEADLINE:
        metrics = [scorecard.models[model].metrics.get(key, NOTHING) for model in order]
        cells = [Text(metric_text(metric, key, scorecard.currency)) for metric in metrics]
        table.add_row(Text(metric_name(key).label), *cells)
    return table


def weakest_fields(scorecard: Scorecard) -> str:
    """The fields of the candidate that are wrong in some case, the worst first, with their rates.

    An answer is right when all its fields are, so these are what holds the whole back.
    """
    fields = scorecard.models["candidate"].fields
    rates = {name: score.accuracy.value for name, score in fields.items()}
    known = [(value, name) for name, value in rates.items() if value is not None]
    wrong = sorted((value, name) for value, name in known if value < 1)
    return ", ".join(f"{name} {rate(value)}" for value, name in wrong[:MOST_FIELDS])


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
    fields = {"Fields": f"right least often: {weak}"} if weak else {}
    below = labelled({**fields, **told, "Next": said.next_step, **data.where})
    return Group(
        verdict_line(said),
        first_sentence(data),
        headline_table(data.scorecard, models(data)),
        below,
    )
