"""One input's grammar, and what of the contract's is left open in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dslm.contract.answers.canonical_answer import grammar
from dslm.contract.answers.grounding import how_of
from dslm.contract.model.contract_model import Contract
from dslm.contract.narrowing.grammar_probe import lark_grammar
from dslm.contract.narrowing.held_schema import SchemaHolder
from dslm.contract.narrowing.narrowed_parts import Free, Keyed, Part


@dataclass(frozen=True)
class Narrowed:
    """What may be written for one input.

    Attributes:
        grammar: As llguidance takes it; a subset of the contract's.
        kept: Grounded field, or part of one → why it is not held to the input.
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
    holder, parts = SchemaHolder(text, contract.locale), dict[str, Part]()
    for field, schema in contract.decodable.schema["properties"].items():
        parts[field] = Free(schema)
        if field in contract.grounded:
            part = holder.held(schema, how_of(contract, field), field)
            if part is None:
                holder.kept[field] = "the input has nothing for it, and it must not be null"
            parts[field] = part or parts[field]
    if all(isinstance(part, Free) for part in parts.values()):
        return Narrowed(grammar(contract.schema), holder.open | holder.kept, parts)
    whole = Keyed(tuple((field, part, True) for field, part in parts.items()))
    return Narrowed(lark_grammar(whole, text), holder.open | holder.kept, parts)


@dataclass(frozen=True)
class Limits:
    """What of a contract no input narrows, or narrows too far; each by grounded field or part.

    Attributes:
        open: Why it is never held to the input.
        closed: What is never written, though its schema allows it.
    """

    open: Mapping[str, str]
    closed: Mapping[str, str]


def limits(contract: Contract) -> Limits:
    """What can be said of a contract before there is any input."""
    holder = SchemaHolder("", contract.locale)
    for field in contract.grounded:
        schema = contract.decodable.schema["properties"][field]
        holder.held(schema, how_of(contract, field), field)
    return Limits(holder.open, holder.closed)
