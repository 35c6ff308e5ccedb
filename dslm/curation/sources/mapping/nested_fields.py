"""A nested answer as one field a part: `{slots: {city: …}}` as `slots_city`.

A field is judged, grounded, reviewed and scored by itself; an object is right or wrong as a whole.
So `dslm init` proposes parts, and whoever reads rows of a contract so made takes them nested or
flat. Used by `row_mapping`, `import_mapping` and `dslm.scaffolding`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

JOINT = "_"
Path = tuple[str, ...]
MOST_PARTS = 24  # of one object; each is written in every answer, be it null


def parts_of(value: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    """The parts of an object, and of objects within it, each under the name of its field."""
    return ((JOINT.join(path), inner) for path, inner in _by_path(value, (name,)))


def _by_path(value: Mapping[str, Any], at: Path) -> Iterator[tuple[Path, Any]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from _by_path(inner, (*at, key))
        else:
            yield (*at, key), None if isinstance(inner, Mapping) else inner


def flattened(target: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """A target whose objects that are no field are taken apart where their parts are fields.

    Args:
        target: As it was given.
        fields: Those of the contract.

    Returns:
        The target, absent parts null; as it was where nothing fits.
    """
    flat: dict[str, Any] = {}
    for key, value in target.items():
        wanted = [field for field in fields if field.startswith(f"{key}{JOINT}")]
        nested = value is None or isinstance(value, Mapping)
        if key in fields or not nested or not wanted:
            flat[key] = value
            continue
        parts = list(parts_of(value or {}, key))
        found = dict(parts)
        if len(found) < len(parts) or set(found) - set(fields) or set(found) & set(target):
            flat[key] = value  # two parts of one name, or one that is no field: told, not lost
            continue
        flat |= found
        for field in wanted:  # of which some may be parts of another key
            if field not in target:
                flat.setdefault(field, None)
    return flat


def to_flatten(targets: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Which keys of some targets are objects that are better taken apart, with their parts.

    An object is left whole where it has more than `MOST_PARTS` parts or none, where a part is an
    object here and something else there, or where two parts, or a part and a field, would bear one
    name.
    """
    keys = dict.fromkeys(key for target in targets for key in target)
    found: dict[str, tuple[str, ...]] = {}
    for key in keys:
        values = [target[key] for target in targets if target.get(key) is not None]
        if not values or not all(isinstance(value, Mapping) for value in values):
            continue
        paths = {path for value in values for path, _ in _by_path(value, (key,))}
        parts = dict.fromkeys(field for value in values for field, _ in parts_of(value, key))
        if len(paths) > len(parts):
            continue
        others = {*keys, *(part for parts in found.values() for part in parts)}
        mixed = any(a != b and b.startswith(f"{a}{JOINT}") for a in parts for b in parts)
        if 0 < len(parts) <= MOST_PARTS and not set(parts) & others and not mixed:
            found[key] = tuple(parts)
    return found
