"""What changed since the champion was judged, and which of it loosens.

Takes what the champion was held to and what the candidate is; gives `Changes`, part of every
verdict. Pure. Gold and the calibration split are told case by case, policy and contract value by
value, the rest by digest. Promotion refuses what loosens; `loosened_settings` has the tables.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from dslm.contract import Contract
from dslm.evidence import Terms, changed_cases
from dslm.gating.changes.loosened_settings import (
    ABSENT,
    CONTRACT,
    POLICY,
    REFERENCES,
    Rules,
    Turn,
    favoured,
    loosens,
)
from dslm.gating.evidence.calibration_split import split_changes
from dslm.records import Baseline, Change, Changes, Verdict
from dslm.settings.gate_policy import GatePolicy

MOST_NAMED = 5  # cases
LONGEST = 80  # characters of a value that are told
WHOLE = (("compare",), ("traffic",))  # how a field is compared is one thing, shares are another
BY_ID = ("checks", "rules")  # lists whose items have one
OLDER = "was registered before releases kept the terms they were judged by"
PARTS = {
    "gating": "code of the gate", "code": "code that answers and scores", "lock": "lock file",
    "plan": "plan of answers, with the base's examples",
}  # fmt: skip


def changes_since(baseline: Baseline, then: Terms | None, now: Terms) -> Changes:
    """All that changed since the champion was judged, and which of it helps the candidate.

    Args:
        baseline: The champion; version 0 where there is none.
        then: What it was held to; None where it kept nothing.
        now: What the candidate is held to.
    """
    if baseline.version == 0:
        return Changes()
    if then is None:
        return Changes(since=baseline.version, unknown=f"version {baseline.version} {OLDER}")
    found = [
        *_gold(then, now),
        *split_changes(then, now),
        *policy_changes(then.policy, now.policy),
        *_contract(then, now),
        *_made_from(then, now),
    ]
    compared = _with_base(now.policy)
    marked = (favoured(change) if compared else change for change in found)
    return Changes(since=baseline.version, found=tuple(marked))


def changes_told(verdict: Verdict) -> list[str]:
    """What changed since the champion, a line each, what loosens first; nothing where nothing did.

    Of gold its first ids are named.
    """
    changes = verdict.changes
    if changes.unknown:
        return [f"what changed since is not known: {changes.unknown}"]
    lines = []
    for change in sorted(changes.found, key=lambda one: (not one.loosens, not one.favours)):
        ids = ", ".join(change.ids[:MOST_NAMED])
        more = f" and {len(change.ids) - MOST_NAMED} more" if len(change.ids) > MOST_NAMED else ""
        named = f" ({ids}{more})" if ids else ""
        values = "" if change.part == "made from" else f": {change.was} → {change.now}{named}"
        marked = "LOOSENED " if change.loosens else ""
        favours = f" — FAVOURS the candidate: {change.favours}" if change.favours else ""
        lines.append(f"{marked}{change.part} {change.key}{values}{favours}")
    return (
        [f"changed since version {changes.since}:", *(f"  {one}" for one in lines)] if lines else []
    )


def _gold(then: Terms, now: Terms) -> Iterator[Change]:
    """A case added as it was before counts twice and asks nothing: it weighs down the others."""
    known = Counter(case for case, _ in now.gold.values())
    new = now.gold.keys() - then.gold.keys()
    again = {id_ for id_ in new if known[now.gold[id_][0]] > 1}
    turned = {
        "removed": (sorted(then.gold.keys() - now.gold.keys()), True),
        "changed": (changed_cases(then, now, "gold"), True),
        "repeated": (sorted(again), True),
        "added": (sorted(new - again), False),
    }
    for key, (ids, less) in turned.items():
        if ids:
            was, is_now = f"{len(then.gold)} cases", f"{len(now.gold)} cases, {len(ids)} {key}"
            yield Change(part="gold", key=key, was=was, now=is_now, loosens=less, ids=tuple(ids))


def _alarmed(policy: Mapping[str, Any]) -> bool:
    """Whether the policy watches slices."""
    return any(check["kind"] == "slice_alarm" for check in policy["checks"])


def _with_base(policy: Mapping[str, Any]) -> bool:
    """Whether a check compares with the prompted base."""
    return any("base" in (check.get(key) for key in REFERENCES) for check in policy["checks"])


def policy_changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    """What differs between two policies in plain values, and whether it loosens."""
    try:  # as this code reads it: keys that came since have their defaults
        was: Mapping[str, Any] = GatePolicy.model_validate(then).model_dump(mode="json")
    except ValidationError:
        was = then
    for place, turn in _turns(was, now, _alarmed(now)):
        yield _change("policy", place, turn, POLICY)


def _contract(then: Terms, now: Terms) -> Iterator[Change]:
    try:
        known = Contract.model_validate(then.contract)
        was = known.model_dump(mode="json", by_alias=True)
    except ValidationError:
        was = then.contract
    for place, turn in _turns(was, now.contract, _alarmed(now.policy)):
        yield _change("contract", place, turn, CONTRACT)


def _made_from(then: Terms, now: Terms) -> Iterator[Change]:
    for key in sorted(then.made_from.keys() | now.made_from.keys()):
        was, new = then.made_from.get(key, "none"), now.made_from.get(key, "none")
        if was != new:
            name = PARTS.get(key, key)
            yield Change(part="made from", key=name, was=was, now=new, loosens=False)


def _turns(
    was: Mapping[str, Any], now: Mapping[str, Any], alarmed: bool
) -> Iterator[tuple[str, Turn]]:
    """Each value that differs; a check or rule that is new or gone is one."""
    old, new = (dict(_places(document)) for document in (was, now))
    whole = tuple(f"{place}." for place in old.keys() ^ new.keys() if _of_a_list(place))
    for place in sorted({*old, *new}):
        turn = Turn(old.get(place, ABSENT), new.get(place, ABSENT), alarmed)
        if turn.was != turn.now and not place.startswith(whole):
            yield place, turn


def _of_a_list(place: str) -> bool:
    first, _, rest = place.partition(".")
    return first in BY_ID and bool(rest) and "." not in rest


def _places(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Each value of a document with its place."""
    if at and at[-1] in BY_ID and _each_has_an_id(value):
        value = {one["id"]: {k: v for k, v in one.items() if k != "id"} for one in value}
        yield from ((".".join((*at, name)), "asked") for name in value)
    if isinstance(value, dict) and at[:-1] not in WHOLE:
        for key, one in value.items():
            yield from _places(one, (*at, str(key)))
    else:
        yield ".".join(at), value


def _each_has_an_id(value: Any) -> bool:
    """Whether it is a list of checks or rules; what a release kept may be no policy of today's."""
    return isinstance(value, list) and all(
        isinstance(one, dict) and isinstance(one.get("id"), str) for one in value
    )


def _change(part: Any, place: str, turn: Turn, rules: Rules) -> Change:
    return Change(part=part, key=place, was=_told(turn.was), now=_told(turn.now),
                  loosens=loosens(rules, place, turn))  # fmt: skip


def _told(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
