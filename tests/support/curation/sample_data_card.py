"""A data card of a made-up workflow, built by hand, for tests of page, terminal and release."""

from __future__ import annotations

from typing import Any

from dslm.data_card import DataCard

CASES = {"train": 60, "validation": 10, "calibration": 20, "gold": 40}
LENGTH = {"least": 10, "p5": 12, "p25": 20, "median": 31, "p75": 40, "p95": 55, "most": 81}


def split_up(**shares: float) -> dict[str, int]:
    """So many of each part's cases: one share for all, others for parts by name."""
    return {part: round(n * shares.get(part, shares["all"])) for part, n in CASES.items()}


def tallied(name: str, *values: tuple[Any, dict[str, int]]) -> dict[str, Any]:
    """A label or slice with values and their counts; what is left of the cases is unlisted."""
    left = {part: n - sum(counts[part] for _, counts in values) for part, n in CASES.items()}
    listed = [{"value": value, "cases": counts} for value, counts in values]
    rarer = 3 if any(left.values()) else 0
    return {"name": name, "values": listed, "unlisted_values": rarer, "unlisted": left}


def part(cases: int) -> dict[str, Any]:
    """A part whose inputs lie in the first two of three bins."""
    bins = (cases - cases // 4, cases // 4, 0)
    return {"cases": cases, "groups": cases // 2, "length": LENGTH, "bins": bins,
            "first": None, "last": None, "untimed": 0}  # fmt: skip


REACH = {
    "alpha": 0.05, "power": 0.8, "discordance": 0.05, "right": 0.85, "unlisted_slices": 0,
    "gold": {"name": "gold", "cases": 40, "margin": 0.0879, "gain": 0.1733, "half_width": 0.11},
    "slices": [
        {"name": "language=en", "cases": 30, "margin": 0.1, "gain": 0.21, "half_width": 0.127},
        {"name": "language=de", "cases": 10, "margin": 0.2129, "gain": None, "half_width": 0.211},
    ],
    "checks": [
        {"id": "holds", "asked": "no loss of 0.050", "can": "can decide a margin of 0.088 or more",
         "needed": 124, "enough": False},
        {"id": "valid", "asked": "no case fails", "can": "cannot rule out up to 7.5%",
         "needed": None, "enough": True},
        {"id": "cheap", "asked": "cheaper", "can": "depends on the costs", "needed": None,
         "enough": None},
    ],
}  # fmt: skip
DISAGREEMENT = {
    "ids": ["s-1", "s-2"], "cases": 2, "settled": False,
    "fields": {"kind": [{"value": "claim", "cases": 1}, {"value": None, "cases": 1}]},
}  # fmt: skip


def make_card(**changes: Any) -> DataCard:
    """The card; keyword arguments replace parts of it."""
    rare = {"train": 0, "validation": 0, "calibration": 2, "gold": 4}
    card: dict[str, Any] = {
        "workflow": "parcels", "summary": "Mails become claims.", "contract_version": 4,
        "digests": {"data": "sha256:data", "gold": "sha256:gold", "sources": "sha256:" + "ab" * 32},
        "read": 100, "rejected": 2, "dropped": {"exact_duplicate": 5, "leak_near": 3},
        "files": [{"file": "sources/a.jsonl", "licence": "CC0-1.0", "origin": "made here",
                   "read": 100, "kept": 90, "dropped": 8, "rejected": 2}],
        "parts": {name: part(cases) for name, cases in CASES.items()},
        "edges": [0, 50, 100],
        "labels": [tallied("kind", ("claim", split_up(all=0.8)), ("lost", rare))],
        "open_fields": [{
            "name": "amount",
            "parts": {p: {"null": n // 5, "distinct": n // 2, "length": LENGTH}
                      for p, n in CASES.items()},
        }],
        "slices": [tallied("language", ("en", split_up(all=0.75)), ("de", split_up(all=0.25)))],
        "leakage": {"compared": 98, "found": {"leak_exact": 0, "leak_near": 3}},
        "contradictions": {"found": 1, "shown": [DISAGREEMENT]},
        "personal": None, "reach": REACH,
    }  # fmt: skip
    return DataCard.model_validate(card | changes)
