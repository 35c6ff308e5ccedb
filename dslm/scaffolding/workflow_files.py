"""The files of a new workflow as text: contract, data statement, gate policy.

Takes a draft; renders the templates beside this module. Called by `dslm.scaffolding.init_workflow`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dslm.gating.power.detectable_differences import (
    FIRST_LOOK,
    group_sizes,
    needed_for,
    needed_words,
)
from dslm.scaffolding.proposed_workflow import CONFIDENCE, SPLIT, Draft, contract_of
from dslm.scaffolding.schema_inference import GROUNDED_SHARE
from dslm.statistics.power_and_sample_size import needed_right

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_LINE_ENDS = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")
_YAML_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
REJECTIONS = {"irrelevant", "none", "oos", "other", "out_of_scope", "spam", "unknown"}
WIDEST = 100
REVIEW = 3.0  # what a person costs in the proposed contract
ALPHA = 0.05
MARGINS = (0.02, 0.03, 0.05, 0.1, 0.15, 0.2)


def flow(value: Any) -> str:
    """A value as YAML on one line; JSON is YAML, but for what YAML takes for a line's end."""
    text = json.dumps(value, ensure_ascii=False)
    return _LINE_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def key(name: str) -> str:
    """A mapping key, quoted where YAML would read it as something else."""
    plain = _PLAIN_KEY.match(name) and name.lower() not in _YAML_WORDS
    return name if plain else flow(name)


def properties_text(properties: Mapping[str, Any], indent: int) -> str:
    """Properties of a schema: one a line, nested objects opened where a line would be too long."""
    lines = []
    for name, schema in properties.items():
        pad = " " * indent
        line = f"{pad}{key(name)}: {flow(schema)}"
        if "properties" not in schema or len(line) <= WIDEST:
            lines.append(line)
            continue
        lines.append(f"{pad}{key(name)}:")
        lines += [f"{pad}  {key(k)}: {flow(v)}" for k, v in schema.items() if k != "properties"]
        lines += [f"{pad}  properties:", properties_text(schema["properties"], indent + 4)]
    return "\n".join(lines)


@lru_cache(maxsize=1)
def _templates() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("dslm.scaffolding"), undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # YAML and Markdown, not HTML
    )  # fmt: skip
    environment.filters["flow"] = flow
    environment.filters["key"] = key
    return environment


def task_of(made: Draft) -> str:
    """The instruction that is proposed."""
    names = [name.replace("_", " ") for name in made.properties]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{'Extract' if made.grounded else 'Decide'} {listed}."


def _shared(name: str, sample: str, made: Draft) -> dict[str, Any]:
    return {
        "name": name, "sample": sample, "group_by": made.group_by, "dropped": made.dropped,
        "cases": len(made.sources) + len(made.gold) + made.dropped,
        "summary": f"{name.replace('_', ' ').capitalize()}: text in, "
        f"{', '.join(made.properties)} out.",
    }  # fmt: skip


def out_of_scope(properties: Mapping[str, Any]) -> dict[str, list[str]]:
    """Labels that by their name mean: not for this workflow."""
    found = {}
    for field, schema in properties.items():
        values = [v for v in schema.get("enum", []) if v and v.lower() in REJECTIONS]
        if values:
            found[field] = values
    return found


def contract_text(name: str, sample: str, made: Draft) -> str:
    """`workflow.yaml`, every section with a word on what it is for."""
    text: str = _templates().get_template("workflow.yaml.jinja").render(
        **_shared(name, sample, made), task=task_of(made), fields=list(made.properties),
        properties=properties_text(made.properties, 4), compare=made.compare,
        grounded=list(made.grounded), out_of_scope=out_of_scope(made.properties),
        grounded_share=GROUNDED_SHARE, slices=list(made.slices), risk=made.risk,
        confidence=CONFIDENCE, review=REVIEW, needed=needed_right(made.risk, CONFIDENCE),
        train=SPLIT.train, validation=SPLIT.validation, calibration=SPLIT.calibration,
    )  # fmt: skip
    return text


def readme_text(name: str, sample: str, made: Draft, asked: Mapping[str, Any]) -> str:
    """The data statement, with what is known filled in; `asked`: the seed, columns left out."""
    rows = [
        [field, f"`{_cell(flow(schema))}`", made.compare.get(field, "exact"),
         "yes" if field in made.grounded else ""]
        for field, schema in made.properties.items()
    ]  # fmt: skip
    text: str = _templates().get_template("README.md.jinja").render(
        **_shared(name, sample, made), sources=len(made.sources), gold=len(made.gold), rows=rows,
        **asked,
    )  # fmt: skip
    return text


def _cell(text: str) -> str:
    """A schema in a table cell: short, and without the bar that would end the cell."""
    short = text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
    return short.replace("|", "\\|")


def policy_text(name: str, made: Draft) -> str:
    """`gate.yaml`, its margin the smallest that this many gold cases can decide."""
    sizes = group_sizes(contract_of(made, name, ()), made.gold)
    needs = {margin: needed_for(sizes, margin, ALPHA * FIRST_LOOK) for margin in MARGINS}
    fits = (m for m, needed in needs.items() if needed and needed.cases <= len(made.gold))
    margin = next(fits, MARGINS[-1])
    text: str = (
        _templates()
        .get_template("gate.yaml.jinja")
        .render(
            name=name, gold=len(made.gold), risk=made.risk, margin=margin,
            needed=needed_words(*reversed(needs[margin] or (None, None))),
        )
    )  # fmt: skip
    return text
