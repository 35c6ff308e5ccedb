"""The decider: prompt, base, adapter, grammar, validators and threshold, as one thing.

The only way to an answer in this project: calibration, scoring, registration's smoke test, batch
prediction and the registered model all hold one. What is gated is what is served.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dslm.contract import Contract
from dslm.contract.answer import grammar
from dslm.contract.confidence import kept_log_probs, read_answer
from dslm.contract.deciding import decide
from dslm.contract.narrowing import exactly, narrowed
from dslm.errors import InputError
from dslm.evidence import adapter_digests, code_digest
from dslm.inference.base import load_tokenizer, locate
from dslm.inference.engine import Engine, Progress
from dslm.inference.locks import locate_locked
from dslm.inference.models import device, import_libraries, load_adapter, load_base
from dslm.inference.packed import pack
from dslm.inference.prompt import Prompt, prompt_ids, shared_prefix
from dslm.inference.threads import choose_threads
from dslm.inference.unfinished import Generation
from dslm.records import Decision, Prediction
from dslm.settings.recipe import Recipe

ENGINE_PACKAGES = ("llguidance", "peft", "tokenizers", "torch", "transformers")


@dataclass(frozen=True)
class Decider:
    """Answers inputs and decides on the answers.

    Attributes:
        contract: The workflow's contract.
        prompt: How the model is asked.
        engine: The loaded model under the contract's grammar.
        threshold: Confidence from which an answer may proceed.
        copies: Whether grounded values are copied from the input, see `dslm.contract.narrowing`.
        identity: All that an answer depends on, as evidence names it.
        told: What computes otherwise here than when the threshold was certified.
    """

    contract: Contract
    prompt: Prompt
    engine: Engine
    threshold: float
    copies: bool
    identity: Mapping[str, str]
    told: tuple[str, ...] = ()

    def predict(
        self,
        texts: Sequence[str],
        progress: Progress | None = None,
        drafts: Sequence[str] | None = None,
    ) -> list[Prediction]:
        """One prediction an input, in order; threads may ask at the same time.

        Args:
            texts: The inputs.
            progress: Told how many more are answered.
            drafts: What each answer is thought to be, such as one that was recorded: the same
                predictions, sooner where that is right.
        """
        kept: dict[int, Mapping[str, str]] = {}
        done = self._generated(texts, self._narrow(texts, kept), progress, drafts)
        return [self._prediction(g, self._not_narrowed(kept, i, g)) for i, g in enumerate(done)]

    def predict_held(self, texts: Sequence[str], answers: Sequence[str]) -> list[Prediction]:
        """The same, each held to a given text: how probable the model finds that one.

        A text that the contract's grammar does not allow is left where it departs from it.
        """
        done = self._generated(texts, lambda i: exactly(answers[i]), drafts=answers)
        return [self._prediction(generation, {}) for generation in done]

    def _generated(
        self,
        texts: Sequence[str],
        narrow: Callable[[int], str] | None,
        progress: Progress | None = None,
        drafts: Sequence[str] | None = None,
    ) -> list[Generation]:
        """What the model writes on each input, rendered and answered in one turn."""
        with self.engine.turn:
            tokenizer = self.engine.tokenizer
            prompts = [prompt_ids(tokenizer, self.prompt, text) for text in texts]
            return self.engine.generate(prompts, progress, narrow, drafts)

    @property
    def precision(self) -> str:
        """What the model computes in: `float32`, `bfloat16`."""
        return str(self.engine.model.dtype).removeprefix("torch.")

    def answer(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> list[tuple[Prediction, Decision]]:
        """Predictions with the decision on each."""
        predictions = self.predict(texts, progress)
        return [
            (prediction, decide(self.contract, text, prediction, self.threshold))
            for text, prediction in zip(texts, predictions, strict=True)
        ]

    def _narrow(
        self, texts: Sequence[str], kept: dict[int, Mapping[str, str]]
    ) -> Callable[[int], str] | None:
        """The grammar of each answer that copies what is grounded from its input.

        What of it is not held to the input goes into `kept`.
        """
        if not (self.copies and self.contract.grounded):
            return None

        def narrow(i: int) -> str:
            made = narrowed(self.contract, texts[i])
            kept[i] = made.kept
            return made.grammar

        return narrow

    def _not_narrowed(
        self, kept: Mapping[int, Mapping[str, str]], i: int, generation: Generation
    ) -> dict[str, str]:
        """Why grounded fields of one answer were not held to its input."""
        if generation.refused is not None:
            return dict.fromkeys(self.contract.grounded, generation.refused)
        return dict(kept.get(i, {}))

    def _prediction(self, generation: Generation, not_narrowed: dict[str, str]) -> Prediction:
        pieces = [self.engine.lexicon.decode_bytes([token]) for token in generation.tokens]
        text = b"".join(pieces).decode("utf-8", errors="replace")
        log_probs = kept_log_probs(pieces, generation.log_probs)
        read = read_answer(self.contract, text, generation.finish, log_probs)
        return Prediction(
            object=read.object,
            text=text,
            confidence=read.confidence,
            field_confidence=read.field_confidence,
            finish_reason=read.finish_reason,
            prompt_tokens=generation.prompt_tokens,
            answer_tokens=len(generation.tokens),
            latency_ms=round(generation.seconds * 1000, 1),
            not_narrowed=not_narrowed,
            log_probs=log_probs,
        )


def engine_now() -> dict[str, str]:
    """What computes the answers, as evidence names it: package versions and the kind of device."""
    versions = (f"{name} {importlib.metadata.version(name)}" for name in ENGINE_PACKAGES)
    return {"packages": ", ".join(versions), "device": device()}


def load_decider(
    contract: Contract,
    recipe: Recipe,
    prompt: Prompt,
    *,
    root: Path,
    adapter: Path | None,
    threshold: float,
    locked: bool = True,
) -> Decider:
    """A decider from files, each checked against its digest.

    Args:
        contract: The workflow's contract.
        recipe: Names the base model and how answers are computed.
        prompt: How the model is asked.
        root: The repository, for a base model in a relative folder.
        adapter: Folder of the fine-tuned weights; None asks the base model itself.
        threshold: Confidence from which an answer may proceed.
        locked: Hold a base of a hub or folder to the repository's lock. A release is held to the
            digests that its adapter names instead, wherever it is loaded.

    Raises:
        InputError: A file is missing or is not the one it should be.
    """
    import_libraries()
    files = locate_locked(recipe.base, root) if locked else locate(recipe.base, root)
    identity = files.digests() | {
        "contract": contract.digest(),
        "plan": recipe.plan_digest(),
        "code": code_digest(),
        **engine_now(),
    }
    if adapter is not None:
        trained_on = adapter_digests(adapter)
        identity = trained_on | identity
        _require_same_base(trained_on, files.digests())
    plan = recipe.inference
    choose_threads(recipe.training.threads)
    model = load_base(files, dtype=plan.dtype, attention=plan.attention,
                      four_bit=recipe.method == "qlora")  # fmt: skip
    if adapter is not None:
        model = load_adapter(model, adapter, merge=plan.merge_adapter)
    pack(model)
    tokenizer = load_tokenizer(files)
    engine = Engine(
        model,
        tokenizer,
        grammar(contract.schema),
        prefix=shared_prefix(tokenizer, prompt),
        batch_size=plan.batch_size,
        max_tokens=plan.max_answer_tokens,
    )
    return Decider(contract, prompt, engine, threshold, plan.copy_grounded, identity)


def _require_same_base(trained_on: Mapping[str, str], found: Mapping[str, str]) -> None:
    moved = [key for key, digest in found.items() if trained_on[key] != digest]
    if moved:
        raise InputError(
            f"the adapter was trained on another {', '.join(moved)}",
            fix="restore the base model it names, or train again",
        )
