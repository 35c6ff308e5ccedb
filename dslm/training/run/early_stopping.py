"""Keeps the weights with the lowest validation loss, and stops a run that no longer improves.

Takes the validation losses as they come; gives the best weights back at the end, as the very bytes
whose digest was recorded when they were best. Used by `dslm.training.run.training_run`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dslm.errors import InputError
from dslm.provenance import digest_bytes, digest_file
from dslm.settings.workspace import stage_command


@dataclass(frozen=True)
class Best:
    """The lowest validation loss of a run, and the digest of the weights that had it."""

    step: int
    loss: float
    digest: str


class EarlyStopper:
    """Early stopping of one run.

    Args:
        patience: Looks at the validation loss without a new lowest one, after which the run ends.
    """

    def __init__(self, patience: int):
        self.patience = patience
        self.best: Best | None = None
        self.weights = b""  # a safetensors file
        self.without = 0

    def see(self, step: int, loss: float, model: Any) -> bool:
        """A validation loss was measured; is it time to stop?"""
        if self.best is None or loss < self.best.loss:
            self.weights, self.without = weights_of(model), 0
            self.best = Best(step, loss, digest_bytes(self.weights))
        else:
            self.without += 1
        return self.without >= self.patience

    def state(self) -> dict[str, Any]:
        """For a checkpoint, which holds the weights as a file of their own."""
        return {"without": self.without, "best": None if self.best is None else asdict(self.best)}

    def restore(self, state: dict[str, Any], weights: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            InputError: The weights are not those that were recorded as best.
        """
        self.without = state["without"]
        if state["best"] is not None:
            self.best, self.weights = Best(**state["best"]), weights.read_bytes()
            self._compare(digest_bytes(self.weights), weights)

    def load_into(self, model: Any) -> None:
        """Put the best weights into the model."""
        from peft import set_peft_model_state_dict
        from safetensors.torch import load

        if self.best is not None:
            set_peft_model_state_dict(model, load(self.weights))

    def verify(self, written: Path) -> None:
        """Compare a file of weights with what was recorded.

        Raises:
            InputError: It holds other weights.
        """
        self._compare(digest_file(written), written)

    def _compare(self, digest: str, where: Path) -> None:
        if self.best is not None and digest != self.best.digest:
            what = f"not the weights that were best at step {self.best.step}"
            fix = f"run {stage_command('train', where)} again"
            raise InputError(what, where=where, fix=fix)


def weights_of(model: Any) -> bytes:
    """A PEFT model's adapter as the bytes of the file that PEFT would write."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save

    tensors = get_peft_model_state_dict(model)
    return save({n: t.detach().contiguous().cpu() for n, t in tensors.items()}, {"format": "pt"})
