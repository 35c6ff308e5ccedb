"""A whole repository of one small workflow, `mini`, for tests that need one on disk."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from dslm.settings.workspace import Workspace

ROOT = Path(__file__).parents[3]
RECIPE = "smollm2-135m-lora-cpu"

CONTRACT = """\
# yaml-language-server: $schema=../../docs/schemas/contract.schema.json
name: mini
version: 1
summary: A mail becomes an order, or nothing.
task: Extract the order.
output:
  type: object
  additionalProperties: false
  required: [kind, number]
  properties:
    kind: {enum: [order, other]}
    number: {type: [string, "null"], maxLength: 20}
compare:
  number: {as: text}
rules:
  - id: numbered
    expr: output.kind == "other" || output.number != null
    breach: abstain
    means: An order without a number cannot be found.
    examples:
      pass: {output: {kind: order, number: A-1}}
      fail: {output: {kind: order}}
grounded: [number]
out_of_scope: {kind: [other]}
decision: {max_selective_risk: 0.1, confidence: 0.9}
costs: {currency: EUR, wrong_proceed: 45.0, review: 3.0, escalation: 5.0}
slo: {p95_ms: 4000, p99_ms: 8000}
slices: [language]
data:
  sources:
    - {path: sources/*.jsonl, licence: Apache-2.0, origin: written for tests}
  group_by: sender
"""

POLICY = """\
# yaml-language-server: $schema=../../docs/schemas/gate-policy.schema.json
checks:
  - {id: readable, kind: zero_tolerance, metric: schema_valid_rate}
  - {id: right, kind: bound, metric: case_exact_match, at_least: 0.7, on: interval}
  - {id: holds, kind: non_inferior, metric: case_exact_match, to: champion, margin: 0.12}
"""


# Of gold no two repeat one another under different senders.
ASIDES = (
    "Thanks for the nice day", "See you at lunch", "Who has the blue folder",
    "Our office moves soon", "Happy birthday, Maria", "Is the coffee machine fixed",
    "Please water my plants",
    "A parcel came for Tom", "Lights stay on until nine", "Bring your own mug tomorrow",
    "What a match last night", "Choir practice was great",
)  # fmt: skip


def case(number: int, *, prefix: str = "g") -> dict[str, Any]:
    """A labelled case; every fifth is out of scope. Those of gold have a sender each."""
    other = number % 5 == 0
    aside = ASIDES[number // 5 % len(ASIDES)] if prefix == "g" else ASIDES[0]
    text = aside if other else f"Please send order A-{number}"
    target = {"kind": "other" if other else "order", "number": None if other else f"A-{number}"}
    # one text, one sender; of gold each a sender of its own
    sender = f"{prefix}{number if prefix == 'g' else 0 if other else number % 7}"
    meta = {"language": "en" if number % 2 else "de", "sender": sender}
    return {"id": f"{prefix}-{number:03d}", "input": f"{text}.", "target": target, "meta": meta}


def write_lines(path: Path, values: list[Any]) -> None:
    """Values as JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(value) + "\n" for value in values))


def texts_apart_from_gold(ws: Workspace) -> Workspace:
    """The repository with other texts in its sources than in gold."""
    path = ws.data / "sources" / "cases.jsonl"
    cases = [json.loads(line) for line in path.read_text().splitlines()]
    write_lines(path, [one | {"input": f"Of {one['id']}: {one['input']}"} for one in cases])
    return ws


RISK = "  - {id: few_wrong, kind: bound, metric: selective_risk, at_most: 0.4}\n"
GAIN = "  - {id: gains, kind: gain, metric: case_exact_match, over: base, at_least: 0.0}\n"


def asking_all(ws: Workspace) -> None:
    """The policy with what `dslm check` misses in it: what goes through wrongly, and the base."""
    ws.policy.write_text(ws.policy.read_text() + RISK + GAIN)


def of_many_senders(ws: Workspace) -> None:
    """The sources with a sender for each case, as many as certify the contract's bound."""
    path = ws.data / "sources" / "cases.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    write_lines(path, [one | {"meta": one["meta"] | {"sender": one["id"]}} for one in rows])


def make_repository(root: Path) -> Workspace:
    """Write the repository; `dslm check mini` finds no fault but texts that gold has too."""
    ws = Workspace(root, "mini")
    ws.data.mkdir(parents=True)
    ws.contract.write_text(CONTRACT)
    write_lines(ws.data / "sources" / "cases.jsonl", [case(n, prefix="s") for n in range(300)])
    write_lines(ws.gold, [case(n) for n in range(60)])
    ws.champion.parent.mkdir(parents=True)
    ws.champion.write_text('{"version": 0, "digest": null}\n')
    shutil.copytree(ROOT / "recipes", root / "recipes")
    ws.policy.write_text(POLICY)
    ws.waivers.write_text("waivers: []\n")
    (root / "params.yaml").write_text(
        f"# what is here\nworkflows:\n  mini:\n    recipe: {RECIPE}  # small\n"
    )
    return ws
