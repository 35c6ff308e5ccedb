"""The model card: what was released, from what, how good, and where it ends.

Takes the template and a folder with the release's parts; gives Markdown. Called by
`release_package`. No clock and no path goes in, so that the same release has the same card.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dslm.contract import load_contract
from dslm.data_card import DataCard, read_data_card
from dslm.errors import InputError
from dslm.records import Metric, Scorecard, Verdict
from dslm.settings.files.document_loading import read_text
from dslm.settings.recipe import load_recipe

ORDER = ("candidate", "base", "champion")


def render_card(template: Path, folder: Path, evidence: Mapping[str, str]) -> str:
    """The card of a release.

    Args:
        template: `registry/card-template.md.jinja`.
        folder: Holds workflow.yaml, recipe.yaml, scorecard.json, gate.json and, where there is one,
            data-card.json.
        evidence: Digests of what the release is made of.

    Raises:
        InputError: The template is missing, or asks for something that there is not.
    """
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    scorecard = Scorecard.model_validate_json((folder / "scorecard.json").read_bytes())
    environment = SandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["interval"] = interval
    environment.filters["cell"] = cell
    source = read_text(template, fix="`git checkout registry/card-template.md.jinja`")
    try:
        return environment.from_string(source).render(
            contract=load_contract(folder / "workflow.yaml"),
            recipe=load_recipe(folder / "recipe.yaml"),
            scorecard=scorecard,
            models=[name for name in ORDER if name in scorecard.models],
            verdict=Verdict.model_validate_json((folder / "gate.json").read_bytes()),
            evidence=dict(sorted(evidence.items())),
            data=_data_card(folder, scorecard.workflow),
        )
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f"{template}:{line}" if line else str(template)
        raise InputError(f"the card cannot be written: {error}", where=where) from error


def _data_card(folder: Path, workflow: str) -> DataCard | None:
    """The release's data card; one that was made before there were any has none."""
    path = folder / "data-card.json"
    return read_data_card(path, workflow) if path.exists() else None


def interval(metric: Metric | None) -> str:
    """A value with its 95 % interval, `0.912 [0.874, 0.941] n=200`."""
    if metric is None or metric.value is None:
        return "not measured"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.3f} n={metric.n}"
    return f"{metric.value:.3f} [{metric.low:.3f}, {metric.high:.3f}] n={metric.n}"


def cell(text: object) -> str:
    """Text that stays inside its cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")
