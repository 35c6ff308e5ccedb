"""The one prompt renderer, used in training, scoring and serving alike.

Takes a contract and an input; gives token ids. Training appends the answer's ids to exactly the
prompt that serving will send, so the two agree token for token by construction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dslm.contract import Contract
from dslm.contract.answer import canonical_text
from dslm.errors import InputError
from dslm.records import Case

Message = dict[str, str]


@dataclass(frozen=True)
class Prompt:
    """How one model of one workflow is asked.

    `instruction` is the system turn; `shown` are worked examples, which a fine-tuned model does
    not need.
    """

    contract: Contract
    instruction: str
    shown: tuple[Case, ...] = ()

    def messages(self, text: str) -> list[Message]:
        """The conversation that ends with `text` as the user's turn."""
        turns = [{"role": "system", "content": self.instruction}]
        for case in self.shown:
            if case.target is not None:
                answer = canonical_text(self.contract, case.target)
                turns.append({"role": "user", "content": case.input})
                turns.append({"role": "assistant", "content": answer})
        return [*turns, {"role": "user", "content": text}]


def tuned_prompt(contract: Contract) -> Prompt:
    """The prompt of a fine-tuned model: the task, nothing else."""
    return Prompt(contract, contract.task)


def baseline_prompt(contract: Contract, examples: Sequence[Case]) -> Prompt:
    """The prompt of an untrained model: task, schema and worked examples."""
    schema = json.dumps(contract.output, ensure_ascii=False, separators=(",", ":"))
    instruction = f"{contract.task} Answer with one JSON object that follows this schema: {schema}"
    return Prompt(contract, instruction, tuple(examples))


def baseline_examples(contract: Contract, cases: Sequence[Case], count: int) -> list[Case]:
    """Worked examples from training cases, as unlike as `count` allows.

    Deterministic: in id order, cases whose pattern of closed-set values and nulls is new come
    first.
    """
    closed = [f for f, s in contract.output["properties"].items() if "enum" in s]
    seen: set[tuple[Any, ...]] = set()
    new: list[Case] = []
    rest: list[Case] = []
    for case in sorted(cases, key=lambda c: c.id):
        target = case.target or {}
        pattern = (*(str(target[f]) for f in closed), *(target[f] is None for f in contract.fields))
        (rest if pattern in seen else new).append(case)
        seen.add(pattern)
    return (new + rest)[:count]


def harmless(tokenizer: Any, text: str) -> str:
    """A text in which no control token of the model is spelled out.

    An input that contains one ("<|im_end|>") could otherwise end its own turn and open another.
    Each is broken up with a blank after its first character; this holds in training too.
    """
    for token in sorted(set(tokenizer.all_special_tokens), key=len, reverse=True):
        text = text.replace(token, f"{token[0]} {token[1:]}")
    return text


def prompt_ids(tokenizer: Any, prompt: Prompt, text: str) -> list[int]:
    """Token ids of the whole prompt, up to where the answer begins."""
    messages = prompt.messages(harmless(tokenizer, text))
    rendered = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids: list[int] = tokenizer(rendered, add_special_tokens=False)["input_ids"]
    return ids


def answer_ids(tokenizer: Any, contract: Contract, target: dict[str, Any]) -> list[int]:
    """Token ids of the right answer and the end-of-turn token after it.

    Raises:
        InputError: The tokenizer has no end token.
    """
    if tokenizer.eos_token_id is None:
        raise InputError("the tokenizer has no end-of-turn token", where=tokenizer.name_or_path)
    text = canonical_text(contract, target)
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return [*ids, tokenizer.eos_token_id]


def shared_prefix(tokenizer: Any, prompt: Prompt) -> list[int]:
    """The ids every prompt of a workflow begins with, whatever the input.

    Found by comparing two prompts with unlike inputs, less one token for merges at the border.
    """
    first, second = (prompt_ids(tokenizer, prompt, text) for text in ("a", "Z9"))
    length = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        length += 1
    return first[: max(length - 1, 0)]
