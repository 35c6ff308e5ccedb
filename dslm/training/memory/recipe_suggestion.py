"""The smallest change of a recipe with which a run would fit, by prediction.

Takes a recipe that does not fit one row at a time; gives what to write instead. Changes that cost
time alone come first, then those that may cost quality, and shorter rows last, since rows over the
limit are refused. Called by `dslm.training.memory.micro_batching` and `dslm doctor`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from dslm.settings.bases import BaseFacts
from dslm.settings.recipe import Recipe
from dslm.training.memory.memory_forecast import Micro, predict

SHORTEST = 16  # of training.max_tokens
Change = tuple[str, Callable[[Recipe], Recipe]]


def smallest_change(
    recipe: Recipe, base: BaseFacts | None, micro: Micro, room: float, *, on_gpu: bool
) -> str:
    """What to write in the recipe, as a sentence.

    Args:
        recipe: With one row at once.
        base: Its base's shapes.
        micro: The longest row.
        room: Bytes that the prediction may come to.
        on_gpu: Whether it is a GPU's memory.
    """
    if base is None:
        return "set training.gradient_checkpointing: true or method: qlora, or take shorter rows"
    sets = list(_sets(_open_changes(recipe, on_gpu=on_gpu)))
    for names, changed in ((names, made(recipe)) for names, made in sets):
        total = predict(changed, base, micro, on_gpu=on_gpu).total
        if total <= room:
            return f"set {' and '.join(names)}: {total / 1e9:.2f} GB predicted"
    names, most = sets[-1] if sets else ((), lambda given: given)
    changed = most(recipe)

    def takes(tokens: int) -> float:
        shorter = Micro(tokens, tokens, min(micro.answers, tokens))
        return predict(changed, base, shorter, on_gpu=on_gpu).total

    if takes(SHORTEST) > room:
        least = predict(changed, base, micro, on_gpu=on_gpu).total / 1e9
        also = f" even with {' and '.join(names)}" if names else ""
        return f"no change of the recipe is enough ({least:.2f} GB{also}): take a smaller base"
    tokens = _largest(takes, micro.longest, room)
    first = f"set {' and '.join(names)}, and" if names else "set"
    return f"{first} training.max_tokens: {tokens} (the longest row has {micro.longest})"


def _open_changes(recipe: Recipe, *, on_gpu: bool) -> Iterator[Change]:
    """The changes that are not made yet."""
    plan = recipe.training
    if not plan.gradient_checkpointing:
        yield "training.gradient_checkpointing: true", _training(gradient_checkpointing=True)
    if plan.dtype == "float32":
        yield "training.dtype: bfloat16", _training(dtype="bfloat16")
    if on_gpu and plan.optimizer == "adamw":
        yield "training.optimizer: paged_adamw_8bit", _training(optimizer="paged_adamw_8bit")
    if recipe.method == "lora":
        yield "method: qlora", lambda given: given.model_copy(update={"method": "qlora"})


def _training(**values: object) -> Callable[[Recipe], Recipe]:
    def change(given: Recipe) -> Recipe:
        return given.model_copy(update={"training": given.training.model_copy(update=values)})

    return change


def _sets(
    changes: Iterator[Change],
) -> Iterator[tuple[tuple[str, ...], Callable[[Recipe], Recipe]]]:
    """Every set of changes, small ones first; the last one has them all."""
    there = list(changes)
    for size in range(1, len(there) + 1):
        for chosen in combinations(there, size):
            yield tuple(name for name, _ in chosen), _all(chosen)


def _all(chosen: tuple[Change, ...]) -> Callable[[Recipe], Recipe]:
    def change(given: Recipe) -> Recipe:
        for _, one in chosen:
            given = one(given)
        return given

    return change


def _largest(takes: Callable[[int], float], high: int, room: float) -> int:
    """The most tokens that fit; `takes` grows, and the shortest row fits."""
    low = SHORTEST
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if takes(middle) <= room else (low, middle - 1)
    return low
