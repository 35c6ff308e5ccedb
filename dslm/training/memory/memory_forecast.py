"""Predicts the memory that training a recipe takes, from shapes alone: no weights, no GPU.

Takes a recipe, its base's facts and a micro-batch; gives bytes by part. Called by the table of
recipes, `dslm doctor` and, before a run, `dslm.training.memory.micro_batching`. What of it was
measured on a GPU, and how near it came: docs/measurements/gpu.md.

Weights: two bytes a parameter in bf16, four in float32. NF4 with double quantisation: half a byte,
a scale of 8 bits each 64 weights and one of 32 bits each 256 scales, 0.516 bytes in all (Dettmers
et al. 2023, arXiv:2305.14314, section 3); of linear layers only.

Adapter: r × (inputs + outputs) parameters a layer (Hu et al. 2021, arXiv:2106.09685). In float32
they take 4 bytes, their gradients 4 and Adam's two moments 8; under QLoRA TRL trains them in bf16
(2 + 2), and 8-bit Adam has 2 bytes of moments.

Activations: what the backward pass needs of each token in each block, after Korthikanti et al.
2022, arXiv:2205.05198, section 4.1, for gated MLPs, grouped queries, and `sdpa` or `varlen`, which
keep no scores: the norms' inputs in float32, their results before and after scaling, queries,
keys, values and the attention's result, gate, up, their activation and product, and each adapter's
narrow product. A test counts what torch really keeps for a small model of every family. On a GPU
the frozen norms keep no result before scaling, and keys and values are kept once for each head that
reads them (newer kernels need not repeat them: then it is less). With checkpointing only each
block's input, and one block in full while it is computed again. The gradients of the MLP that is at
work when all this is held: counted at the peak of a step on an H200.

Loss: logits where there is loss, on the answer's tokens only; where no rows are given, taken as
`max_answer_tokens` a row. On a GPU TRL computes them over a part of the vocabulary at a time, on
CPU `training.loss` over all.

On CPU the whole process is predicted, libraries and all, for one step, and what a run comes to hold
beyond it. The constants are fitted to the embedded base (docs/measurements/training.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from dslm.settings.bases import BaseFacts
from dslm.settings.recipe import Dtype, Recipe

BYTES: dict[Dtype, int] = {"float32": 4, "bfloat16": 2}
NF4 = 0.5 + 1 / 64 + 4 / (64 * 256)
VOCABULARY_AT_ONCE = 32768  # of TRL's fused head
OVERHEAD = 0.95e9  # CUDA context and kernels' workspace: 0.79 to 0.92 measured on an H200
OVERHEAD_ON_CPU = 0.65e9  # Python and its libraries: measured
WASTE = 0.03  # share of the rest that a GPU's allocator cannot hand out: 0.01 to 0.03 measured
MLP_GRADIENTS = 2.5  # as wide as the MLP, alive at a step's peak on a GPU: measured
LOOSE_ON_CPU = 0.05  # of activations and loss: measured at 1 to 8 rows at once
# What a run on CPU comes to hold beyond its largest step: kernels that oneDNN keeps for every
# length of row (1,024 at most), pieces freed since they were last given back. Measured: 1.1 GB over
# 100 updates, 1.8 GB over 535.
GROWTH_ON_CPU = 2.0e9


@dataclass(frozen=True)
class Micro:
    """A micro-batch as the model gets it, its rows end to end.

    Attributes:
        tokens: Of all rows.
        longest: Tokens of the longest row.
        answers: Tokens that carry loss, of all rows.
    """

    tokens: int
    longest: int
    answers: int


@dataclass(frozen=True)
class Memory:
    """Predicted bytes at the peak of a training step."""

    weights: float
    adapter: float
    activations: float
    loss: float
    overhead: float

    @property
    def tensors(self) -> float:
        """What torch's allocator on a GPU hands out, `max_memory_allocated`."""
        return self.weights + self.adapter + self.activations + self.loss

    @property
    def total(self) -> float:
        """All of it."""
        return self.tensors + self.overhead


def adapter_parameters(recipe: Recipe, base: BaseFacts) -> int:
    """Parameters that are trained; DoRA adds one for each output."""
    lora, shapes = recipe.lora, base.linear_shapes()
    names = shapes if lora.targets == "all-linear" else lora.targets
    each = [lora.r * sum(shapes[n]) + (shapes[n][1] if lora.dora else 0) for n in names]
    return base.layers * sum(each)


def full_batch(recipe: Recipe) -> Micro:
    """The most that a micro-batch of a recipe may hold."""
    plan = recipe.training
    answers = min(recipe.inference.max_answer_tokens, plan.max_tokens)
    return Micro(plan.batch_size * plan.max_tokens, plan.max_tokens, plan.batch_size * answers)


def predict(
    recipe: Recipe, base: BaseFacts, micro: Micro | None = None, *, on_gpu: bool | None = None
) -> Memory:
    """The memory of one training step.

    Args:
        recipe: How.
        base: The base model's shapes.
        micro: The micro-batch; the largest that the recipe allows where there is none.
        on_gpu: Where it is trained; what the recipe is made for where it is not said.
    """
    micro = micro or full_batch(recipe)
    on_gpu = not on_cpu(recipe) if on_gpu is None else on_gpu
    weights = _weights(recipe, base)
    adapter = adapter_parameters(recipe, base) * _bytes_a_trained_parameter(recipe)
    activations = _activations(recipe, base, micro, on_gpu=on_gpu)
    loss = _loss(base, micro, on_gpu=on_gpu)
    overhead = OVERHEAD + WASTE * (weights + adapter + activations + loss)
    if not on_gpu:
        overhead = OVERHEAD_ON_CPU + LOOSE_ON_CPU * (activations + loss)
    return Memory(weights, adapter, activations, loss, overhead)


def of_a_run(step: float, *, on_gpu: bool) -> float:
    """What a run comes to hold whose largest step takes so much."""
    return step if on_gpu else step + GROWTH_ON_CPU


def _weights(recipe: Recipe, base: BaseFacts) -> float:
    plain = BYTES[recipe.training.dtype]
    linear = base.linear_parameters + base.vision
    if recipe.method == "lora":
        return (linear + base.embedding_parameters) * plain
    unpacked = max(a * b for a, b in base.linear_shapes().values()) * plain  # for one product
    return linear * NF4 + base.embedding_parameters * plain + unpacked


def _bytes_a_trained_parameter(recipe: Recipe) -> int:
    own = 2 if recipe.method == "qlora" else BYTES[recipe.lora.dtype]
    moments = 2 if recipe.training.optimizer == "paged_adamw_8bit" else 2 * own
    return own + own + moments


def block_activations(
    recipe: Recipe, base: BaseFacts, micro: Micro | None = None, *, on_gpu: bool = False
) -> float:
    """Bytes that one block keeps of one token for the backward pass."""
    micro = micro or full_batch(recipe)
    plan, half = recipe.training, BYTES[recipe.training.dtype]
    queries, keys = base.heads * base.width, base.groups * base.width
    shapes = base.linear_shapes()
    names = list(shapes) if recipe.lora.targets == "all-linear" else recipe.lora.targets
    norms = 2 * base.hidden * (4 + (1 if on_gpu else 2) * half)
    if base.config == "gemma3_text":  # a norm after attention and MLP as well
        norms += 2 * base.hidden * 4
    if base.config in ("gemma3_text", "qwen3"):  # and of queries and keys
        norms += 4 * (queries + keys)
    attention = half * (4 * queries + (0 if on_gpu else 2 * keys))
    if plan.attention in ("eager", "grouped"):  # weights of every pair, in float32 and in `dtype`
        pairs = micro.longest if plan.attention == "grouped" else micro.tokens
        attention += base.heads * pairs * (4 + half)
    adapters = half * recipe.lora.r * len(names)
    if recipe.lora.dora:  # each layer's result again, before it is scaled
        adapters += 2 * half * sum(shapes[name][1] for name in names)
    return float(norms + attention + adapters + half * 4 * base.intermediate)


def _activations(recipe: Recipe, base: BaseFacts, micro: Micro, *, on_gpu: bool) -> float:
    plan = recipe.training
    half = BYTES[plan.dtype]
    block = block_activations(recipe, base, micro, on_gpu=on_gpu)
    kept, now = block, 0.0
    if plan.gradient_checkpointing:
        kept, now = base.hidden * half, block
    if on_gpu:
        now += MLP_GRADIENTS * base.intermediate * half
    return micro.tokens * (base.layers * kept + now)


def _loss(base: BaseFacts, micro: Micro, *, on_gpu: bool) -> float:
    if not on_gpu:
        return float(micro.answers * base.vocabulary * 10)  # bf16, float32, gradient
    return float(micro.answers * min(VOCABULARY_AT_ONCE, base.vocabulary) * 6)


def on_cpu(recipe: Recipe) -> bool:
    """Whether a recipe is made for CPU: its base is one that a package carries."""
    return recipe.base.embedded is not None
