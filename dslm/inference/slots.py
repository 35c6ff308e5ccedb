"""Keys and values of answers under way, each answer in a slot of its own, at its own length.

Takes a model and the tokens of some rows, gives the logits after each row's last one. Nothing is
copied as answers grow, and a prefix that all prompts share is computed once and kept once, beside
the slots. Used by the engine only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dslm.errors import InputError
from dslm.inference.attention import NAME as GROUPED

if TYPE_CHECKING:
    import torch

GROWTH = 64  # places added beyond what is needed when the buffers are too short
ATTENTION_KINDS = {"full_attention", "sliding_attention"}


@dataclass
class _Plan:
    """Where the present step writes: slots from `first`, places of shape (rows, width).

    Places are counted from the end of the prefix, which lies beside the slots.
    """

    slots: int
    capacity: int
    merges: bool  # the attention takes a prefix as it is; else it is laid before each row's own
    prefix: int = 0
    first: int = 0
    length: int = 0  # of the longest row after this step
    rows: torch.Tensor | None = None
    places: torch.Tensor | None = None


class Slots:
    """Room for the keys and values of several rows of one model; use it in inference mode.

    Args:
        model: A causal language model in evaluation mode.
        count: How many rows fit.
        prefix: Token ids every row begins with; run through the model here, once.

    Raises:
        InputError: Layers of the model keep something else than keys and values.
    """

    def __init__(self, model: Any, count: int, prefix: Sequence[int]):
        config = model.config.get_text_config()
        kinds = set(getattr(config, "layer_types", None) or ())
        if kinds - ATTENTION_KINDS:
            raise InputError(
                f"the model has layers of kind {', '.join(sorted(kinds - ATTENTION_KINDS))}, "
                "whose state cannot be kept in slots",
                fix="choose a base model whose layers are all attention",
            )
        self.model, self.count, self.prefix = model, count, list(prefix)
        self._mixed = len(kinds) > 1
        self._window = None if kinds == {"full_attention"} else _window(config)
        merges = config._attn_implementation == GROUPED
        self._plan = _Plan(slots=1, capacity=len(self.prefix) + 1, merges=merges)
        self._cache = _cache(config.num_hidden_layers, self._plan)
        if self.prefix:
            self.forward(0, [self.prefix], [0])
            for layer in self._cache.layers:
                layer.keep_prefix()
        self._plan.slots, self._plan.capacity, self._plan.prefix = count, GROWTH, len(self.prefix)

    def forward(
        self,
        first: int,
        tokens: Sequence[Sequence[int]],
        starts: Sequence[int],
        after: Sequence[Sequence[int]] | None = None,
    ) -> Any:
        """Show the model the next tokens of the rows in slots from `first` on.

        Rows may give different numbers of tokens: the shorter ones are padded on the left.

        Args:
            first: Slot of the first row.
            tokens: Token ids of each row, none for a row that waits.
            starts: How many tokens of each row the model has seen.
            after: Of the tokens of each row, by number, those after which logits are asked for;
                by default the last one of each, or what stands there for a row that waits.

        Returns:
            Float32 logits as asked for, row after row, each of a token: shape (tokens, vocabulary).
        """
        import torch

        device, plan = self.model.device, self._plan
        width = max(map(len, tokens))
        ends = [start + len(piece) for start, piece in zip(starts, tokens, strict=True)]
        plan.first, plan.length = first, max(ends) - plan.prefix
        self._reserve(plan.length + 1)
        aside = plan.prefix + plan.capacity - 1  # where padding is written and nobody looks
        ids, places, positions = [], [], []
        for piece, start, end in zip(tokens, starts, ends, strict=True):
            gap = width - len(piece)
            ids.append([0] * gap + list(piece))
            places.append([aside] * gap + list(range(start, end)))
            positions.append([0] * gap + list(range(start, end)))
        plan.rows = torch.arange(first, first + len(tokens), device=device)[:, None]
        plan.places = torch.tensor(places, device=device) - plan.prefix
        beside = [layer.prefix for layer in self._cache.layers]
        asked = _columns(tokens, after, width)
        columns = sorted({column for _, column in asked}) or [width - 1]
        out = self.model(
            input_ids=torch.tensor(ids, device=device),
            attention_mask=self._masks(plan),
            position_ids=torch.tensor(positions, device=device),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1 if columns == [width - 1] else torch.tensor(columns, device=device),
            **({"shared": beside} if plan.prefix and plan.merges else {}),
        )
        found = torch.tensor([[row, columns.index(column)] for row, column in asked]).view(-1, 2)
        rows, at = found.long().to(device).unbind(1)
        return out.logits[rows, at].float()

    def move(self, source: int, target: int, length: int) -> None:
        """Put a row of `length` tokens from one slot into another."""
        own = slice(0, length - self._plan.prefix)
        for layer in self._cache.layers:
            for kept in (layer.keys, layer.values):
                kept[target, :, own] = kept[source, :, own]

    def _masks(self, plan: _Plan) -> Any:
        """What is added to the scores, shape (rows, 1, width, keys); by kind where kinds mix.

        A token sees its own place and those before it, in a sliding window the nearest ones. Keys
        are those of the prefix and the row's own, or the latter alone where the prefix is merged
        and every token sees all of it.
        """
        import torch

        assert plan.places is not None
        whole = torch.arange(-plan.prefix, plan.length, device=plan.places.device)
        queries = plan.places[:, None, :, None]
        dtype = self.model.dtype
        lowest = torch.finfo(dtype).min

        def added(hidden: Any) -> Any:
            return torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill_(
                hidden, lowest
            )

        later = added((whole[plan.prefix :] if plan.merges else whole) > queries)
        if self._window is None:
            return later
        near = added((whole > queries) | (whole <= queries - self._window))
        if not self._mixed:
            return near
        return {"full_attention": later, "sliding_attention": near}

    def _reserve(self, length: int) -> None:
        """Lengthen the buffers where `length` places do not fit."""
        import torch

        plan = self._plan
        if length <= plan.capacity:
            return
        added = length + GROWTH - plan.capacity
        plan.capacity += added
        for layer in self._cache.layers:
            if layer.is_initialized:
                layer.keys = torch.nn.functional.pad(layer.keys, (0, 0, 0, added))
                layer.values = torch.nn.functional.pad(layer.values, (0, 0, 0, added))


def _columns(
    tokens: Sequence[Sequence[int]], after: Sequence[Sequence[int]] | None, width: int
) -> list[tuple[int, int]]:
    """Row and column of each token asked for, where rows are padded on the left."""
    if after is None:
        return [(row, width - 1) for row in range(len(tokens))]
    gaps = [width - len(piece) for piece in tokens]
    return [(row, gaps[row] + token) for row, own in enumerate(after) for token in own]


def _window(config: Any) -> int | None:
    window: int | None = getattr(config, "sliding_window", None)
    return window


def _cache(layers: int, plan: _Plan) -> Any:
    """A cache of transformers whose layers write where the plan says."""
    import torch
    from transformers.cache_utils import Cache, CacheLayerMixin

    class Layer(CacheLayerMixin):
        """Buffers of shape (slots, groups, capacity, width) of one layer of the model.

        `prefix` has keys and values of the shared prefix, each of shape (groups, prefix, width).
        """

        prefix: tuple[Any, Any] | None = None

        def lazy_initialization(self, key_states: Any, value_states: Any) -> None:
            self.keys, self.values = (
                states.new_zeros(plan.slots, states.shape[1], plan.capacity, states.shape[3])
                for states in (key_states, value_states)
            )
            self.is_initialized = True

        def keep_prefix(self) -> None:
            """Take what is there for the prefix; buffers are made anew for what comes after it."""
            self.prefix = self.keys[0, :, : plan.length], self.values[0, :, : plan.length]
            self.is_initialized = False

        def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
            self.keys[plan.rows, :, plan.places] = key_states.transpose(1, 2)
            self.values[plan.rows, :, plan.places] = value_states.transpose(1, 2)
            seen = slice(plan.first, plan.first + len(key_states))
            own = [kept[seen, :, : plan.length] for kept in (self.keys, self.values)]
            if self.prefix is None or plan.merges:
                return own[0], own[1]
            laid = [kept.expand(len(key_states), -1, -1, -1) for kept in self.prefix]
            return torch.cat([laid[0], own[0]], dim=2), torch.cat([laid[1], own[1]], dim=2)

        def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
            return plan.prefix + plan.length, 0

        def get_seq_length(self) -> int:
            return plan.prefix + plan.length

        def get_max_length(self) -> int:
            return -1

    return Cache(layers=[Layer() for _ in range(layers)])
