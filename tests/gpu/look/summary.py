"""Writes what was found: `summary.json`, `summary.md`, and a file for each step that is over.

Takes results, after every change; every file is there whole or not at all. Comparisons are of steps
that are both done. Called by `tests/gpu/first_look.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gpu.look.running import NOT_RUN, RUNNING, WAITING, Result, found_of
from support.processes.limited_processes import write_whole

LEFT_OUT = ("loaded", "speeds")
SHOWN = (  # of a step's numbers, in the page's table: name, words, digits
    ("tokens_per_second", "{:,.0f} tokens/s"),
    ("utilisation", "MFU {:.1%}"),
    ("peak_memory_gb", "peak {:.2f} GB"),
    ("predicted_memory_gb", "{:.2f} GB predicted"),
    ("whole_card_gb", "{:.2f} GB of the card"),
    ("answers_per_second", "{:.2f} answers/s"),
    ("answer_tokens_per_second", "{:,.0f} answer tokens/s"),
    ("passed", "{} passed"), ("failed", "{} failed"), ("errors", "{} errors"),
    ("skipped", "{} skipped"),
    ("peak_tflops_measured", "{:.1f} TFLOP/s reached"),
    ("name", "{}"), ("driver", "driver {}"), ("not_measured", "not measured: {}"),
    ("attention", "attention {}"),
    ("fits", "fits: {}"),
    ("seconds_to_build", "built in {:.1f} s"),
)  # fmt: skip


def ratio(one: dict[str, Any], other: dict[str, Any], key: str) -> float | None:
    if not one.get(key) or not other.get(key):
        return None
    return round(float(one[key]) / float(other[key]), 3)


def compared(results: list[Result]) -> dict[str, Any]:
    """Steps beside the one they are to be compared with: ratios, and differences of losses."""
    done = found_of(results)
    made: dict[str, Any] = {}
    for result in results:
        name, beside = result.step.name, result.step.beside
        if beside is None or name not in done or beside not in done:
            continue
        one, other = done[name], done[beside]
        made[f"{beside} / {name}"] = {
            "tokens_per_second": ratio(other, one, "tokens_per_second"),
            "peak_memory": ratio(other, one, "peak_memory_gb"),
            "first_loss_difference": _loss_difference(other, one, 0),
            "last_loss_difference": _loss_difference(other, one, -1),
        }
    return made


def _loss_difference(one: dict[str, Any], other: dict[str, Any], place: int) -> float | None:
    if not one.get("losses") or not other.get("losses"):
        return None
    return round(float(one["losses"][place]) - float(other["losses"][place]), 5)


def document(result: Result) -> dict[str, Any]:
    """A step's result as JSON."""
    return {
        "step": result.step.name, "shows": result.step.shows, "status": result.status,
        "reason": result.reason, "seconds": result.seconds, "limit_s": result.limit,
        "found": result.found,
    }  # fmt: skip


def write(out: Path, head: dict[str, Any], results: list[Result]) -> None:
    """Write all of it."""
    whole = head | {
        "steps": [_short(document(result)) for result in results],
        "compared": compared(results),
    }
    write_whole(out / "summary.json", json.dumps(whole, indent=2) + "\n")
    write_whole(out / "summary.md", page(head, results))
    for number, result in enumerate(results):
        if result.status not in (WAITING, RUNNING):
            text = json.dumps(document(result), indent=2) + "\n"
            write_whole(out / "steps" / f"{number:02}-{result.step.name}.json", text)


def _short(found: dict[str, Any]) -> dict[str, Any]:
    kept = {n: v for n, v in (found["found"] or {}).items() if n not in LEFT_OUT}
    return found | {"found": kept}


def page(head: dict[str, Any], results: list[Result]) -> str:
    """For people."""
    lines = ["# A first look at a GPU", ""]
    lines += [f"- {name}: {value}" for name, value in head.items() if not isinstance(value, dict)]
    lines += ["", "| step | status | s | found |", "|---|---|---|---|"]
    lines += [f"| {r.step.name} | {r.status} | {r.seconds:.0f} | {_told(r)} |" for r in results]
    pairs = compared(results)
    if pairs:
        lines += ["", "| compared | tokens/s | peak memory | first loss | last loss |",
                  "|---|---|---|---|---|"]  # fmt: skip
        lines += [f"| {name} | {' | '.join(map(_or_none, pair.values()))} |"
                  for name, pair in pairs.items()]  # fmt: skip
    lines += ["", "What each step shows:", ""]
    lines += [f"- {r.step.name}: {r.step.shows}" for r in results]
    lines += ["", "| package | version |", "|---|---|"]
    lines += [f"| {n} | {v or 'not installed'} |" for n, v in head.get("packages", {}).items()]
    return "\n".join(lines) + "\n"


def _or_none(value: object) -> str:
    return "unknown" if value is None else str(value)


def _told(result: Result) -> str:
    found = result.found or {}
    parts = [words.format(found[name]) for name, words in SHOWN if found.get(name) is not None]
    parts += [found["why_not_varlen"]] if found.get("why_not_varlen") else []
    if result.reason:
        parts.insert(0, result.reason)
    elif result.status == NOT_RUN:
        parts.insert(0, "no reason given")
    return " · ".join(parts).replace("|", "/")


def news(results: list[Result], told: set[tuple[str, str]]) -> list[str]:
    """A line for each result whose status is new.

    Args:
        results: All of them.
        told: Names and statuses that were told; the new ones are added.
    """
    lines = []
    for result in results:
        one = (result.step.name, result.status)
        if result.status != WAITING and one not in told:
            told.add(one)
            about = f" {result.seconds:.0f} s" if result.seconds else ""
            lines.append(f"{result.step.name}: {result.status}{about} {_told(result)}".strip())
    return lines
