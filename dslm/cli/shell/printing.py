"""What commands write on standard output: one JSON document, or rich lines for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from dslm.cli.shell.column_widths import fitted_widths
from dslm.cli.shell.streams import json_text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

NARROWEST = 40  # of a terminal that says it has no width (`COLUMNS=0`), tables would show nothing
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, errors included.")]
Workflow = Annotated[str, typer.Argument(help="A folder in data/ that has a workflow.yaml.")]
InputKey = Annotated[
    str | None, typer.Option("--input", help="Key of the text; default: input or text.")
]
TargetKeys = Annotated[
    list[str] | None,
    typer.Option(help="Key of the right answer, or several; default: target, output or label."),
]


def console() -> Console:
    """Standard output; lines are never broken, so that they can be searched and piped."""
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> NoReturn:
            raise  # noqa: PLE0704 - rich calls this while it handles the error, and else exits with 1

    made = Plain(soft_wrap=True, highlight=False, markup=False, emoji=False)
    made.width = max(made.width, NARROWEST)
    return made


def emit(value: Any) -> None:
    """One JSON document."""
    sys.stdout.write(json_text(value, sys.stdout, indent=2))


def say(*lines: RenderableType) -> None:
    """Lines for people; nothing in a text is a command to the terminal."""
    from dslm.contract.text.visible_text import visible

    out = console()
    for line in lines:
        out.print(visible(line) if isinstance(line, str) else line)


def table(title: str | None, columns: list[str], rows: list[list[str]]) -> RenderableType:
    """A plain table, cells shown as they are, and what is invisible in them by its number."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from dslm.contract.text.visible_text import visible

    drawn = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    cells = [[column, *(row[place] for row in rows)] for place, column in enumerate(columns)]
    between = 3 * len(columns) + 1  # characters around and between columns
    widths = fitted_widths(cells, console().width - between)
    for place, column in enumerate(columns):
        drawn.add_column(column, overflow="fold", width=widths[place] if widths else None)
    for row in rows:
        drawn.add_row(*(Text(visible(cell)) for cell in row))
    return drawn
