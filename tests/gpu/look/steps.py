"""The steps of a first look at a GPU, the most worth first, and what each needs and may take.

Read by `running`, which makes those that fit, and by `measuring`, which does one. Limits leave half
again of what a step took on an H200, where it was made there (docs/measurements/gpu.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

TRAINING = (
    "torch", "transformers", "peft", "accelerate", "trl", "datasets", "safetensors", "tokenizers",
    "pydantic", "ruamel.yaml", "jsonschema_rs", "llguidance", "numpy",
)  # fmt: skip
FOUR_BIT = ("bitsandbytes",)
ANSWERING = tuple(n for n in TRAINING if n not in ("trl", "datasets"))
TESTING = ("pytest", "pytest_timeout")


@dataclass(frozen=True)
class Step:
    """One step, a process of its own.

    Attributes:
        name: As it is asked for.
        shows: What is learnt from it.
        kind: The function of `measuring` that does it.
        limit: Seconds after which it is ended.
        least: Seconds it takes at the very least: with fewer left it is not begun.
        needs: Modules it imports, or that those it imports do.
        gpu: Whether it can be made on a GPU only.
        size: Of the base, as `random_base.SIZES` has them.
        variant: As `training_variants` names it.
        beside: The step whose numbers it is compared with.
        asked: Fields of `asked_run.Asked`.
    """

    name: str
    shows: str
    kind: str
    limit: float
    least: float
    needs: tuple[str, ...] = TRAINING
    gpu: bool = False
    size: str = "1b"
    variant: str = "ours"
    beside: str | None = None
    asked: tuple[tuple[str, int], ...] = ()


def training(name: str, shows: str, variant: str, *, limit: float = 60.0, **more: object) -> Step:
    four_bit = FOUR_BIT if "qlora" in variant else ()
    needs = (*TRAINING, *four_bit, *more.pop("also", ()))  # type: ignore[misc]
    return Step(name, shows, "training", limit, 15.0, needs, variant=variant, **more)  # type: ignore[arg-type]


def _switch(name: str, shows: str, variant: str, **more: object) -> Step:
    return training(name, shows, variant, limit=60.0, beside="1b-lora", asked=LONGER, **more)


CUDNN = "cudnn"
LONGER = (("steps", 24),)  # an update of the small base is over in no time
STEPS = (
    Step("machine", "the card, its driver, what a large product reaches, whether varlen runs",
         "machine", 60.0, 5.0, ("torch",)),
    Step("tests", "the tests of tests/gpu: what CPUs cannot show", "tests", 180.0, 40.0,
         TRAINING + FOUR_BIT + TESTING),
    training("1b-lora", "LoRA of 1B, ours", "ours", asked=LONGER),
    training("1b-lora-trl", "the same rows by TRL's own script", "trl", beside="1b-lora",
             asked=LONGER, limit=80.0),
    training("8b-lora", "LoRA of 8B: tokens a second, utilisation, memory against the prediction",
             "ours", size="8b", limit=90.0),
    training("8b-qlora-2k", "QLoRA of 8B, one row of 2,048 tokens: does it fit into 16 GB",
             "ours, qlora, one row", size="8b", limit=90.0,
             asked=(("tokens", 2048), ("alike", 1), ("batch", 1), ("rows", 64))),
    Step("3b-answers", "answers a second of 3B under a grammar, through our engine", "answers",
         75.0, 20.0, ANSWERING, size="3b"),
    Step("3b-answers-cudnn", "the same with cuDNN's attention, which is switched off otherwise",
         "answers", 75.0, 20.0, ANSWERING, size="3b", variant=CUDNN),
    training("3b-lora", "LoRA of 3B, ours", "ours", size="3b", asked=(("steps", 16),)),
    _switch("1b-padded", "rows padded (`attention: sdpa`) instead of end to end", "ours, padded"),
    _switch("1b-checkpointing", "`gradient_checkpointing: true`", "ours, gradient checkpointing"),
    _switch("1b-other-loss", "all logits at once instead of TRL's loss in chunks",
            "ours, the other loss"),
    _switch("1b-qlora", "`method: qlora`", "ours, qlora"),
    _switch("1b-paged", "`optimizer: paged_adamw_8bit`", "ours, paged optimizer", gpu=True,
            also=FOUR_BIT),
    _switch("1b-eager", "`attention: eager`", "ours, attention eager"),
    _switch("1b-liger", "Liger's layers; no recipe offers them yet", "ours, Liger's layers",
            gpu=True, also=("liger_kernel",)),
    _switch("1b-flash", "FlashAttention 2 as a package; no recipe offers it yet",
            "ours, FlashAttention 2", gpu=True, also=("flash_attn",)),
)  # fmt: skip
TINY_ASKED = (("tokens", 30), ("batch", 2), ("steps", 3), ("rows", 24))


def shrunk(step: Step) -> Step:
    """A step as it is made with a tiny model: the same ways, shapes of nothing."""
    kept = tuple(pair for pair in step.asked if pair[0] == "alike")
    small = dict(TINY_ASKED) | ({"tokens": 128, "batch": 1} if kept else {}) | dict(kept)
    return replace(step, size="tiny", asked=tuple(small.items()), least=1.0)


def chosen(names: list[str] | None, *, tiny: bool) -> list[Step]:
    """The steps that are asked for, in their order; the first, which tries the device, always."""
    found = [step for step in STEPS if not names or step.name in names or step is STEPS[0]]
    return [shrunk(step) for step in found] if tiny else found
