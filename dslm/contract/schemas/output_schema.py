"""What makes a contract's `output` no schema of an answer. Asked when a contract is loaded.

What only the decoding grammar cannot hold is not looked for here: a registered release whose
contract has it must still load, to be rolled back to. `dslm check` and curation refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dslm.contract.schemas.decodable_schema import Decodable, decodable
from dslm.contract.schemas.resolved_references import UnresolvableError, resolved

_TOO_DEEP = "output is nested too deeply"


def schema_problems(output: Mapping[str, Any]) -> list[str]:
    """Every reason for which `output` describes no answers, each with its place."""
    try:
        return _dialect_problems(output) or _problems(resolved(output))
    except UnresolvableError as error:
        return [str(error)]
    except RecursionError:
        return [_TOO_DEEP]


def _problems(schema: Mapping[str, Any]) -> list[str]:
    properties = schema.get("properties")
    if schema.get("type") != "object" or not properties:
        return ["output must be a JSON Schema of type object with properties"]
    problems = []
    if schema.get("additionalProperties") is not False:
        problems.append("output needs `additionalProperties: false`")
    optional = sorted(set(properties) - set(schema.get("required", [])))
    if optional:
        problems.append(f"output.required lacks {', '.join(optional)}: let an absent value be null")
    return problems + _pattern_problems(decodable(schema))


def _dialect_problems(output: Mapping[str, Any]) -> list[str]:
    """What makes a schema none, such as `type: strnig`; no reference is looked at."""
    import jsonschema_rs

    try:
        jsonschema_rs.meta.validate({k: v for k, v in output.items() if k != "$schema"})
    except jsonschema_rs.ValidationError as error:
        return [_said(error)]
    except ValueError:  # beyond 255 levels the library says no more than that
        return [_TOO_DEEP]
    return []


def _pattern_problems(form: Decodable) -> list[str]:
    """What only building a validator shows: a pattern that never closes, or that is too large."""
    import jsonschema_rs

    try:
        jsonschema_rs.Draft202012Validator(form.schema, offline=True)
    except jsonschema_rs.ValidationError as error:
        if words := form.wording.get(str(error.instance)):  # one that could be read
            what = words.removeprefix("does not match ").removeprefix("is not of the format ")
            return [f"{_place(error)}: {what} is too large: let it count less"]
        return [_said(error)]
    except ValueError:
        return [_TOO_DEEP]
    return []


def _place(error: Any) -> str:
    return ".".join(["output", *map(str, error.instance_path)])


def _said(error: Any) -> str:
    return f"{_place(error)} is no JSON Schema: {error.message}"
