"""A recipe: base model, method and hardware of one way to train, as a document in `recipes/`.

Every value is explicit in the file, that of a variant too (`extends`, see `recipe_variants`); the
few defaults here are for keys that older recipes, kept in releases, do not have.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dslm.provenance import digest_json
from dslm.settings.files.document_loading import load_document

# As the hub has it: no path, no `..`, nothing that begins or ends with a dot or dash.
HUB_ID = re.compile(r"(?!.*(?:\.\.|--))\w(?:[\w.-]*\w)?(?:/\w(?:[\w.-]*\w)?)?", re.ASCII)
Dtype = Literal["float32", "bfloat16"]
Attention = Literal["eager", "sdpa", "grouped"]
TrainingAttention = Literal[Attention, "varlen"]
Optimizer = Literal["adamw", "paged_adamw_8bit", "paged_adamw_32bit"]


class Settings(BaseModel):
    """A frozen part of a recipe, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BaseModelSource(Settings):
    """Where the base model comes from: exactly one of the three."""

    embedded: str | None = Field(None, description="a model that a Python package carries")
    hub: str | None = Field(None, description="a hub id; `dslm base lock` adds its `revision`")
    folder: str | None = Field(None, description="a local folder of safetensors")
    revision: str | None = Field(None, pattern=r"^[0-9a-f]{40}$", description="a commit of the hub")
    lock: str | None = Field(
        None,
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="of the files, as `dslm base lock` found them; it writes this line",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(s is not None for s in (self.embedded, self.hub, self.folder)) != 1:
            raise ValueError("name exactly one of embedded, hub, folder")
        if self.hub is not None and not HUB_ID.fullmatch(self.hub):
            raise ValueError(f"{self.hub!r} is no hub id: owner/model")
        if self.revision and not self.hub:
            raise ValueError("`revision` is a hub model's; this base has none")
        if self.lock and self.embedded:
            raise ValueError("an embedded model is pinned in dslm itself: it has no `lock`")
        return self

    @property
    def name(self) -> str:
        """As the recipe names it."""
        return self.embedded or self.hub or self.folder or ""

    def way_to_lock(self, named: str | None = None) -> str:
        """What a person does whose recipe names a base that is not locked yet.

        Args:
            named: The recipe, where it is known; else the base is named itself.
        """
        command = f"dslm base lock {named or self.name}"
        if self.folder:
            return (f"put the model's safetensors, JSON and text files into {self.folder}, run "
                    f"`{command}`, and commit what it writes")  # fmt: skip
        return (f"run `{command} --online` once, which fetches the model (leave --online out where "
                "the hub's cache has it), and commit what it writes")  # fmt: skip


class Lora(Settings):
    """The adapter. Hu et al. 2021, arXiv:2106.09685; rsLoRA arXiv:2312.03732; DoRA 2402.09353."""

    r: int = Field(ge=1)
    alpha: float = Field(gt=0)
    dropout: float = Field(ge=0, lt=1)
    targets: Literal["all-linear"] | list[str]
    dtype: Dtype = Field(description="of the adapter's own weights while they are trained")
    rslora: bool = False
    dora: bool = False


class MustLearn(Settings):
    """When a run that learns nothing is stopped."""

    share: float = Field(gt=0, le=1, description="of the run's updates, after which it is looked")
    margin: float = Field(
        gt=0, lt=1, description="validation loss must then be so much below the untrained base's"
    )


class EarlyStopping(Settings):
    """Ends a run that no longer improves; what is kept is its lowest validation loss."""

    patience: int = Field(ge=1, description="looks without a new lowest validation loss")


class Training(Settings):
    """How the adapter is trained."""

    epochs: float = Field(gt=0)
    max_steps: int | None = Field(None, ge=1, description="stop after so many updates")
    learning_rate: float = Field(gt=0)
    schedule: Literal["cosine", "linear", "constant"]
    warmup_share: float = Field(ge=0, lt=1)
    weight_decay: float = Field(ge=0)
    max_grad_norm: float = Field(gt=0)
    batch_size: int = Field(ge=1, description="rows per update on one device, before splitting")
    accumulation: int = Field(ge=1, description="micro-batches per update")
    optimizer: Optimizer = Field("adamw", description="paged: state moves out when a GPU is full")
    max_tokens: int = Field(ge=16, description="longest row; a longer one is left out, never cut")
    dtype: Dtype
    attention: TrainingAttention
    gradient_checkpointing: bool
    seed: int = Field(ge=0)
    validate_every: int = Field(ge=1, description="updates between looks at the validation loss")
    must_learn: MustLearn | None = Field(
        None, description="stops a run that learns nothing; older recipes do not have it"
    )
    checkpoint_every: int = Field(50, ge=1, description="updates that a killed run loses at most")
    early_stopping: EarlyStopping | None = None
    threads: int | Literal["auto"] = "auto"


class Inference(Settings):
    """How answers are made, wherever they are made; part of the evidence."""

    dtype: Dtype
    attention: Attention
    merge_adapter: bool = Field(description="fold the adapter into the weights at load (float32)")
    batch_size: int = Field(ge=1)
    max_answer_tokens: int = Field(ge=1)
    copy_grounded: bool = Field(
        description="decode grounded fields from what stands in the input only"
    )
    baseline_examples: int = Field(ge=0, description="examples in the prompt-only base's prompt")

    @model_validator(mode="after")
    def _exact_merge(self) -> Self:
        if self.merge_adapter and self.dtype != "float32":
            raise ValueError("merge_adapter rounds the weights below float32: set it to false")
        return self


class Extends(Settings):
    """What a variant is a variant of; its file still holds every value."""

    recipe: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", description="another file in recipes/")
    changes: list[str] = Field(
        min_length=1, description="keys (dotted) whose values are its own; all others are as there"
    )


class Recipe(Settings):
    """One way to train: base × method × hardware."""

    extends: Extends | None = None
    base: BaseModelSource
    method: Literal["lora", "qlora"]
    lora: Lora
    training: Training
    inference: Inference

    @model_validator(mode="after")
    def _qlora_stays_apart(self) -> Self:
        if self.method == "qlora" and self.inference.merge_adapter:
            raise ValueError("qlora: an adapter is not merged into 4-bit weights")
        return self

    def digest(self) -> str:
        """What the recipe sets for training; comments and layout do not count."""
        return digest_json(self.model_dump(mode="json", exclude={"inference", "extends"}))

    def plan_digest(self) -> str:
        """What the recipe sets for answering: changing it makes scores stale, not the adapter."""
        return digest_json(self.inference.model_dump(mode="json"))


def load_recipe(path: Path) -> Recipe:
    """The recipe at `path`.

    Raises:
        Problems: Every mistake in it, with file, line and key.
    """
    return load_document(path, Recipe)
