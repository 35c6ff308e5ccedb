"""Proof that rows and right answers are no longer than the recipe allows, before any training.

A row beyond `training.max_tokens` is left out by curation; an answer beyond
`inference.max_answer_tokens` can never be given whole. Counted by the recipe's own tokenizer where
it is on this machine; where it is not, the reason is said. Called by `before_curation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dslm.checking.data.source_cases import MOST_MEASURED, SourceCases
from dslm.checking.finding import Finding, fail, failures, named, ok, skipped, warn
from dslm.contract.model.contract_model import Contract
from dslm.errors import DslmError
from dslm.inference.base_models.light_tokenizer import BareTokenizer, NotAtHand, tokenizer_at_hand
from dslm.inference.prompts.prompt import answer_lengths, row_lengths, tuned_prompt
from dslm.records import Case
from dslm.settings.params import recipe_of, recipe_path
from dslm.settings.recipe import Recipe
from dslm.settings.workspace import Workspace

Answers = list[tuple[str, dict[str, Any]]]  # place and target


def prove_lengths(
    ws: Workspace, contract: Contract, gold: Sequence[Case], seen: SourceCases
) -> Iterator[Finding]:
    """Rows and answers that are too long, how many, the longest, and what the knob should be."""
    try:
        recipe = recipe_of(ws)
    except DslmError:
        return  # a recipe that cannot be read is another proof's finding
    if not (gold or seen.count):
        return
    try:
        tokenizer = tokenizer_at_hand(recipe.base, ws.root)
    except NotAtHand as reason:
        yield skipped("lengths", f"rows and answers are not measured: {reason.what}",
                      fix=reason.fix)  # fmt: skip
        return
    answers: Answers = [(f"{ws.gold}: case {case.id}", case.target or {}) for case in gold]
    answers += seen.longest_answers()
    try:
        yield from _answers(ws, contract, recipe, tokenizer, answers)
        yield from _rows(ws, contract, recipe, tokenizer, seen)
    except DslmError as error:  # a chat template that cannot be used
        yield from failures("lengths", error)


def _answers(
    ws: Workspace, contract: Contract, recipe: Recipe, tokenizer: BareTokenizer, answers: Answers
) -> Iterator[Finding]:
    most = recipe.inference.max_answer_tokens
    lengths = answer_lengths(tokenizer, contract, [target for _, target in answers])
    over = [(n, place) for n, (place, _) in zip(lengths, answers, strict=True) if n > most]
    longest = max(lengths)
    if not over:
        yield ok("answers", f"the longest right answer has {longest} tokens of {most}")
        return
    shown = named(f"{place.rpartition('/')[2]} ({n})" for n, place in sorted(over)[::-1])
    yield fail(
        "answers",
        f"{len(over)} right answers have more than {most} tokens and would be cut, the longest "
        f"{longest}: {shown}", where=f"{recipe_path(ws)}: inference.max_answer_tokens",
        fix=f"set it to {longest} or more",
    )  # fmt: skip


def _rows(
    ws: Workspace, contract: Contract, recipe: Recipe, tokenizer: BareTokenizer, seen: SourceCases
) -> Iterator[Finding]:
    if not seen.count:
        return
    most, rows = recipe.training.max_tokens, list(seen.longest_rows())
    pairs = [(text, target) for _, text, target in rows]
    lengths = row_lengths(tokenizer, tuned_prompt(contract), pairs)
    over = [(n, place) for n, (place, _, _) in zip(lengths, rows, strict=True) if n > most]
    longest = max(lengths)
    of = f"{seen.count} rows" if seen.count <= MOST_MEASURED else f"the {len(rows)} longest rows"
    if not over:
        yield ok("rows", f"the longest of {of} has {longest} tokens of {most}")
        return
    every = len(over) == seen.count
    shown = named(f"{place.rpartition('/')[2]} ({n})" for n, place in sorted(over)[::-1])
    yield (fail if every else warn)(
        "rows",
        f"{len(over)} of {of} have more than {most} tokens, the longest {longest}; curation leaves "
        f"them out of training as too_long: {shown}",
        where=f"{recipe_path(ws)}: training.max_tokens",
        fix=f"set it to {longest} to keep them all, at the price of memory and time",
    )  # fmt: skip
