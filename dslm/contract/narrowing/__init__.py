"""The contract's grammar, narrowed to what one input can ground.

In: a contract and an input. Out: a grammar in which each `grounded` text may only be whole words
that stand in the input in a row, in the input's spelling or with its case changed; a number, date
or amount, one that the input states; in lists and objects, each value. Null stays where the
contract allows it. Every text it accepts, the contract's own grammar accepts. Used by the decider,
where the recipe asks for it (`inference.copy_grounded`): a model can then still choose the wrong
words, but not invent any. What is not held to the input is said: `limits`, `Narrowed.kept`.
"""

from __future__ import annotations

from dslm.contract.narrowing.lark_grammar import exactly
from dslm.contract.narrowing.narrowed_grammar import Limits, Narrowed, limits, narrowed
from dslm.contract.narrowing.uncopied_values import uncopied

__all__ = ["Limits", "Narrowed", "exactly", "limits", "narrowed", "uncopied"]
