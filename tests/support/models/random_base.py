"""Base models of real shapes with random weights, made where they are needed: no files, no network.

Takes the name of a base of `dslm/settings/bases.yaml`, or `tiny`; writes a folder with its
configuration and a tokenizer, and has transformers' own loading draw each weight on the device
instead of reading it from a file, four-bit packing included. A weight depends on its name alone, so
that every process has the same model. Used by `tests/bench/train_gpu.py` and
`tests/gpu/first_look.py`.
"""

from __future__ import annotations

import functools
import itertools
import string
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dslm.settings.bases import known_bases
from support.models import tiny_model

TINY = "tiny"
SIZES = {
    "1b": "Llama-3.2-1B-Instruct",
    "3b": "Llama-3.2-3B-Instruct",
    "8b": "Llama-3.1-8B-Instruct",
}
SPREAD = 0.02  # of weights, as the families begin
SPREAD_OF_TINY = 0.2  # as `tiny_model` has it, so that tokens differ clearly
TYPES = {"torch.bfloat16": "BF16", "torch.float32": "F32"}  # as safetensors names them


class RandomTensor:
    """A tensor of a file that is not there; stands where safetensors' slices do."""

    def __init__(self, name: str, shape: tuple[int, ...], dtype: Any, device: str, spread: float):
        self.name, self.shape, self.dtype = name, shape, dtype
        self.device, self.spread = device, spread

    def get_shape(self) -> list[int]:
        return list(self.shape)

    def get_dtype(self) -> str:
        return TYPES[str(self.dtype)]

    def __getitem__(self, _: Any) -> Any:
        """Its values: those of norms are ones."""
        import torch

        made = torch.empty(self.shape, dtype=self.dtype, device=self.device)
        if len(self.shape) == 1:
            return made.fill_(1.0)
        chance = torch.Generator(self.device).manual_seed(zlib.crc32(self.name.encode()))
        return made.normal_(0.0, self.spread, generator=chance)


def config_of(size: str, vocabulary: int | None = None) -> Any:
    """The configuration of a size, with another vocabulary where one is given."""
    from transformers import AutoConfig

    if size == TINY:
        changes = {"vocab_size": vocabulary} if vocabulary else {}
        return tiny_model.model("llama", **changes).config
    facts = known_bases()[SIZES[size]]
    return AutoConfig.for_model(
        facts.config, hidden_size=facts.hidden, intermediate_size=facts.intermediate,
        num_hidden_layers=facts.layers, num_attention_heads=facts.heads,
        num_key_value_heads=facts.groups, head_dim=facts.width,
        vocab_size=vocabulary or facts.vocabulary, tie_word_embeddings=facts.tied,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, max_position_embeddings=8192,
        initializer_range=SPREAD,
    )  # fmt: skip


def write_shapes(size: str, folder: Path, tokenizer: Any = None) -> None:
    """A base's folder without weights: its configuration and a small tokenizer, or the given one.

    Args:
        size: One of `SIZES`, or `tiny`.
        folder: Where to.
        tokenizer: Then the model has as many tokens as this.
    """
    from safetensors.torch import save_file

    config = config_of(size, None if tokenizer is None else len(tokenizer))
    config.architectures = ["LlamaForCausalLM"]
    config.save_pretrained(folder)
    (tokenizer or tiny_model.tokenizer()).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_file({}, folder / "model.safetensors")  # a base without one is refused


def random_tensors(config: Any, dtype: Any, device: str) -> dict[str, RandomTensor]:
    """What stands for the files of a model: all its tensors by name, none of them made yet."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    spread = SPREAD if config.initializer_range == SPREAD else SPREAD_OF_TINY
    tied = set(model.all_tied_weights_keys)  # names that a file does not have
    return {
        name: RandomTensor(name, tuple(value.shape), dtype, device, spread)
        for name, value in model.state_dict().items()
        if name not in tied
    }


def has_weights(folder: Path) -> bool:
    """Whether a folder's files hold any tensor."""
    from safetensors import safe_open

    return any(safe_open(file, framework="pt").keys() for file in folder.glob("*.safetensors"))


class Built:
    """Seconds that building models took in this process."""

    seconds = 0.0


@contextmanager
def weights_from_nowhere() -> Iterator[type[Built]]:
    """Have transformers draw the weights of a folder that has none; others are read as ever."""
    from transformers import AutoModelForCausalLM

    real = AutoModelForCausalLM.from_pretrained

    @functools.wraps(real)
    def from_pretrained(folder: Any, **settings: Any) -> Any:
        if has_weights(Path(folder)):
            return real(folder, **settings)
        started = time.perf_counter()
        model = _built(Path(folder), settings)
        Built.seconds += time.perf_counter() - started
        return model

    AutoModelForCausalLM.from_pretrained = from_pretrained
    try:
        yield Built
    finally:
        AutoModelForCausalLM.from_pretrained = real


def _built(folder: Path, settings: dict[str, Any]) -> Any:
    """A model as `from_pretrained` gives one; the peak of a GPU's memory begins anew."""
    import torch
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    dtype = settings.get("dtype", torch.float32)
    (device,) = (settings.get("device_map") or {"": "cpu"}).values()
    tensors = random_tensors(config, dtype, device)
    if settings.get("attn_implementation") is None:
        settings.pop("attn_implementation", None)
    own = {n: v for n, v in settings.items() if n not in ("trust_remote_code", "use_safetensors")}
    family = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
    model = family.from_pretrained(None, config=config, state_dict=tensors, **own)
    model.config.name_or_path = model.name_or_path = str(folder)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    return model


def letters_tokenizer(size: int) -> Any:
    """A byte-level tokenizer with as many tokens as a real one: bytes, then pairs, then triples of
    letters, since what a grammar's mask costs grows with the vocabulary.

    Args:
        size: Tokens in all; at most 140,000 or so.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    style = tiny_model.STYLES["chatml"]
    letters = string.ascii_letters
    words = [*style.tokens, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    pairs = itertools.product(letters, letters)
    triples = itertools.product(map("".join, itertools.product(letters, letters)), letters)
    merges = list(itertools.islice(itertools.chain(pairs, triples), size - len(words)))
    words += [left + right for left, right in merges]
    core = Tokenizer(models.BPE(vocab={w: n for n, w in enumerate(words)}, merges=merges))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(list(style.tokens))
    made = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token=style.end, pad_token=style.tokens[0]
    )
    made.chat_template = style.template
    return made
