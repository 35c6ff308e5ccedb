"""The base models that recipes name: their shapes, licences and sizes, as `bases.yaml` has them.

Takes a recipe's `base`; gives its facts without a weight or a network. Read by the memory
prediction and the table of recipes.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from dslm.settings.files.document_loading import plain, read_yaml
from dslm.settings.recipe import BaseModelSource

FILE = Path(__file__).with_name("bases.yaml")
# Billions of parameters, all three included in the tier that they name.
CORE_FROM, CORE_TO, UPPER_TO = 1.0, 10.0, 30.0
Tier = Literal["tiny", "core SLM", "upper SLM", "frontier"]
TIERS: tuple[Tier, ...] = get_args(Tier)


class BaseFacts(BaseModel):
    """One base model. Widths in elements, `groups` are heads of keys and values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hub: str
    embedded: str | None = None
    config: Literal["llama", "qwen3", "gemma3_text", "phi3", "granite", "mistral"]
    licence: str
    parameters: float = Field(gt=0, description="billions, as the card says")
    layers: int = Field(ge=1)
    hidden: int = Field(ge=1)
    heads: int = Field(ge=1)
    groups: int = Field(ge=1)
    width: int = Field(ge=1, description="of one head")
    intermediate: int = Field(ge=1)
    vocabulary: int = Field(ge=1)
    tied: bool = Field(description="whether the output layer is the embedding")
    vision: int = Field(0, ge=0, description="parameters of a vision tower")
    fused: bool = Field(False, description="one layer for q, k, v and one for gate, up")

    @property
    def tier(self) -> Tier:
        """Tiny below 1 billion parameters, core SLM to 10, upper SLM to 30, frontier above."""
        if self.parameters < CORE_FROM:
            return "tiny"
        if self.parameters <= CORE_TO:
            return "core SLM"
        return "upper SLM" if self.parameters <= UPPER_TO else "frontier"

    def linear_shapes(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of each linear layer of one block, by the layer's name."""
        queries, keys = self.heads * self.width, self.groups * self.width
        hidden, inner = self.hidden, self.intermediate
        out = {"o_proj": (queries, hidden), "down_proj": (inner, hidden)}
        if self.fused:
            both = {"qkv_proj": queries + 2 * keys, "gate_up_proj": 2 * inner}
        else:
            both = {"q_proj": queries, "k_proj": keys, "v_proj": keys, "gate_proj": inner,
                    "up_proj": inner}  # fmt: skip
        return out | {name: (hidden, width) for name, width in both.items()}

    @property
    def linear_parameters(self) -> int:
        """Of all blocks' linear layers."""
        return self.layers * sum(a * b for a, b in self.linear_shapes().values())

    @property
    def embedding_parameters(self) -> int:
        """Of embedding and output layer, counted once where they are one."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)


@functools.cache
def known_bases() -> dict[str, BaseFacts]:
    """All bases by name, the last part of their hub id."""
    document = plain(read_yaml(FILE))
    return {name: BaseFacts.model_validate(facts) for name, facts in document.items()}


def facts_of(source: BaseModelSource) -> BaseFacts | None:
    """The facts of a recipe's base, a folder known by its name; None where they are not listed."""
    for name, facts in known_bases().items():
        if source.name in (facts.hub, facts.embedded) or Path(source.folder or "").name == name:
            return facts
    return None
