"""The model card of a dossier: the release's own card under metadata that Hugging Face reads.

Takes the artefacts; gives Markdown with `base_model`, its relation and a model-index. Called by
`derived_files`. https://huggingface.co/docs/hub/model-cards
"""

from __future__ import annotations

import io
import re
from typing import Any

from dslm.contract.text.visible_text import visible
from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.claims.all_claims import ARTEFACTS
from dslm.reporting.display_names import METRICS
from dslm.reporting.formatting import visible_value
from dslm.settings.bases import facts_of

_THEIRS = re.compile(r"\A---\n.*?\n---\n+", re.DOTALL)  # metadata that a card's template has
_TASK = {"type": "text-generation", "name": "Structured extraction"}


def model_card(found: Artefacts) -> str:
    """The card, with nothing invisible in it."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width, yaml.allow_unicode = False, 1000, True
    stream = io.StringIO()
    yaml.dump(visible_value(_metadata(found)), stream)
    return f"---\n{stream.getvalue()}---\n\n{_body(found)}"


def base_of(found: Artefacts) -> dict[str, Any]:
    """The base model as a hub names it, and that this release is an adapter on it."""
    if found.recipe is None:
        return {}
    source = found.recipe.base
    facts = facts_of(source)
    name = facts.hub if facts else source.name
    return {"base_model": name, "base_model_relation": "adapter"}


def _metadata(found: Artefacts) -> dict[str, Any]:
    made, card = found.made, found.scorecard
    told: dict[str, Any] = {
        "library_name": "peft",
        "pipeline_tag": "text-generation",
        "tags": ["dslm", made.workflow],
        **base_of(found),
    }
    if card is None or "candidate" not in card.models:
        return told
    metrics = [
        {"type": name, "name": METRICS[name].label if name in METRICS else name,
         "value": metric.value,
         "args": {"cases": metric.n, "low_95": metric.low, "high_95": metric.high}}
        for name, metric in sorted(card.models["candidate"].metrics.items())
        if metric.value is not None
    ]  # fmt: skip
    gold = {"type": "private", "name": f"{made.workflow} gold", "split": "test",
            "revision": found.evidence.get("gold", "unknown")}  # fmt: skip
    result = {"task": _TASK, "dataset": gold, "metrics": metrics}
    named = f"{made.workflow} version {made.version}"
    return told | {"model-index": [{"name": named, "results": [result]}]}


def _body(found: Artefacts) -> str:
    path = found.folder / ARTEFACTS["model card"]
    if path.is_file():
        return visible(_THEIRS.sub("", path.read_text(encoding="utf-8")))
    contract = found.contract
    summary = contract.summary if contract else ""
    return visible(f"# {found.made.workflow}\n\n{summary}\n\nThe release carries no card.\n")
