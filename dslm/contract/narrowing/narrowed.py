"""One input's grammar, and what of the contract's is left open in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dslm.contract.answer import grammar
from dslm.contract.model import Contract
from dslm.contract.narrowing.held import Holder
from dslm.contract.narrowing.judging import lark_grammar
from dslm.contract.narrowing.parts import Free, Keyed, Part


@dataclass(frozen=True)
class Narrowed:
    """What may be written for one input.

    Attributes:
        grammar: As llguidance takes it; a subset of the contract's.
        kept: Grounded field, or part of one → why it is not held to this input, though others are.
        parts: Field → what it may be.
    """

    grammar: str
    kept: Mapping[str, str]
    parts: Mapping[str, Part]


def narrowed(contract: Contract, text: str) -> Narrowed:
    """The contract's grammar with every grounded field held to what `text` can ground.

    A field keeps its own schema where the input has nothing for it and it cannot be null (what is
    written is then ungrounded, and no decision lets it proceed), and where the input states more
    than `MOST_LISTED` values for it.
    """
    holder, parts = Holder(text), dict[str, Part]()
    for field, schema in contract.schema["properties"].items():
        parts[field] = Free(schema)
        if field in contract.grounded:
            part = holder.held(schema, how_of(contract, field), field)
            if part is None:
                holder.kept[field] = "the input has nothing for it, and it must not be null"
            parts[field] = part or parts[field]
    if all(isinstance(part, Free) for part in parts.values()):
        return Narrowed(grammar(contract.schema), holder.kept, parts)
    whole = Keyed(tuple((field, part, True) for field, part in parts.items()))
    return Narrowed(lark_grammar(whole, text), holder.kept, parts)


def open_parts(contract: Contract) -> dict[str, str]:
    """Grounded field, or part of one → why no input can hold it."""
    holder = Holder("")
    for field in contract.grounded:
        schema = contract.schema["properties"][field]
        holder.held(schema, how_of(contract, field), field)
    return holder.open


def how_of(contract: Contract, field: str) -> str:
    """How grounding looks for a field's value."""
    return contract.compare[field].how if field in contract.compare else "text"
