"""The one prompt renderer, used in training, scoring and serving alike.

Takes a contract and an input; gives token ids. Training appends the answer's ids to exactly the
prompt that serving will send, so the two agree token for token by construction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dslm.contract import Contract
from dslm.contract.answers.canonical_answer import canonical_text
from dslm.errors import InputError
from dslm.inference.prompts.template_date import with_fixed_date
from dslm.inference.prompts.template_time_limit import RenderedTooLong, in_time
from dslm.records import Case

Message = dict[str, str]
# What a template's own expressions raise beside Jinja's errors: 1 / 0, an index, a missing loader.
OF_TEMPLATES = (
    TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError,
)  # fmt: skip


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


def _control_tokens(tokenizer: Any) -> list[str]:
    """What the tokenizer reads as a token of its own, longest first.

    `all_special_tokens` has the named ones only (begin, end, padding); a family's role markers,
    such as `<|start_header_id|>` or `[INST]`, are special without a name.
    """
    added = {t.content for t in tokenizer.added_tokens_decoder.values() if t.special}
    return sorted(added.union(tokenizer.all_special_tokens), key=lambda t: (-len(t), t))


def harmless(tokenizer: Any, text: str) -> str:
    """A text in which no control token of the model is spelled out.

    An input that contains one ("<|im_end|>") could otherwise end its own turn and open another.
    Each is broken up with a blank after its first character; this holds in training too.
    """
    for token in _control_tokens(tokenizer):
        text = text.replace(token, f"{token[0]} {token[1:]}")
    return text


def _written(tokenizer: Any, turns: Sequence[Message], *, asks: bool) -> str:
    """What the template makes of a conversation: without a thought, and on no day in particular.

    Models that can think before they answer (Qwen3) learnt to answer at once after an empty block
    of thought. Their templates write one into the prompt where `enable_thinking` is false, and
    before an assistant's last turn in any case; so the answer stands where they are used to it, and
    where the grammar begins. Templates that do not know the word pass over it.

    Raises:
        InputError: It does not come to an end.
    """
    try:
        text: str = in_time(
            lambda: tokenizer.apply_chat_template(
                list(turns),
                chat_template=with_fixed_date(tokenizer.chat_template),
                tokenize=False,
                add_generation_prompt=asks,
                enable_thinking=False,
            )
        )
    except RenderedTooLong as late:
        raise InputError(f"the chat template was stopped: {late}", where=tokenizer.name_or_path,
                         fix="look whose base this is, and take another") from None  # fmt: skip
    return text


def _rendered(tokenizer: Any, messages: Sequence[Message]) -> str:
    """A conversation as the model's template writes it.

    Families without a system turn (Gemma, early Mistral) get the instruction at the head of the
    first user turn instead.

    Raises:
        InputError: The template can write it neither way.
    """
    from jinja2 import TemplateError

    instruction, first = messages[0]["content"], messages[1]["content"]
    folded = [{"role": "user", "content": f"{instruction}\n\n{first}"}, *messages[2:]]
    reason = "it leaves the instruction out"
    for turns in (messages, folded):
        try:
            text = _written(tokenizer, turns, asks=True)
        except (TemplateError, *OF_TEMPLATES) as error:
            reason = str(error)
            continue
        if instruction.strip() in text:
            return text
    raise InputError(f"the chat template cannot be used: {reason}", where=tokenizer.name_or_path,
                     fix="use an instruct model")  # fmt: skip


def prompt_text(tokenizer: Any, prompt: Prompt, text: str) -> str:
    """The whole prompt as text, up to where the answer begins."""
    system, *turns = prompt.messages(text)
    safe = [{**turn, "content": harmless(tokenizer, turn["content"])} for turn in turns]
    return _rendered(tokenizer, [system, *safe])


def prompt_ids(tokenizer: Any, prompt: Prompt, text: str) -> list[int]:
    """Token ids of the whole prompt."""
    rendered = prompt_text(tokenizer, prompt, text)
    ids: list[int] = tokenizer(rendered, add_special_tokens=False)["input_ids"]
    return ids


def end_of_turn(tokenizer: Any) -> int:
    """The token that the chat template puts after an answer; training and decoding end on it.

    Taken from what the template writes: `eos_token` is another one in some families (Gemma's turns
    end with `<end_of_turn>`, Phi's with `<|end|>`), and a model taught to end on it ends on a token
    that its conversations never had there. Where the template writes none, `eos_token` it is.

    Raises:
        InputError: Neither is there, or the template can write no answer.
    """
    from jinja2 import TemplateError

    answer = "forty-two"
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": answer}]
    try:
        text = _written(tokenizer, turns, asks=False)
    except (TemplateError, *OF_TEMPLATES) as error:
        what = f"the chat template cannot be used: {error}"
        fix = "use an instruct model"
        raise InputError(what, where=tokenizer.name_or_path, fix=fix) from None
    _, found, after = text.rpartition(answer)
    control = {i for i, token in tokenizer.added_tokens_decoder.items() if token.special}
    ids = tokenizer(after, add_special_tokens=False)["input_ids"] if found else []
    for token in ids:
        if token in control:
            return int(token)
    if tokenizer.eos_token_id is None:
        raise InputError("neither chat template nor tokenizer has an end-of-turn token",
                         where=tokenizer.name_or_path, fix="use an instruct model")  # fmt: skip
    return int(tokenizer.eos_token_id)


def answer_ids(tokenizer: Any, contract: Contract, target: dict[str, Any]) -> list[int]:
    """Token ids of the right answer and the end-of-turn token after it.

    A control token that the answer spells out is text here, as the grammar takes it.

    Raises:
        InputError: There is no end-of-turn token.
    """
    text = canonical_text(contract, target)
    plain = tokenizer(text, add_special_tokens=False, split_special_tokens=True)
    ids: list[int] = plain["input_ids"]
    return [*ids, end_of_turn(tokenizer)]


def row_lengths(
    tokenizer: Any, prompt: Prompt, rows: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[int]:
    """How many tokens prompt and answer of each row have together, all told at once.

    Args:
        tokenizer: A fast one takes many texts in one call.
        prompt: How the model is asked.
        rows: Input and right answer of each.
    """
    if not rows:
        return []
    asked = [prompt_text(tokenizer, prompt, text) for text, _ in rows]
    prompts = tokenizer(asked, add_special_tokens=False)["input_ids"]
    answers = answer_lengths(tokenizer, prompt.contract, [target for _, target in rows])
    end = 1  # the end-of-turn token after the answer
    return [len(one) + answer + end for one, answer in zip(prompts, answers, strict=True)]


def answer_lengths(
    tokenizer: Any, contract: Contract, targets: Sequence[Mapping[str, Any]]
) -> list[int]:
    """How many tokens each right answer has, without the one that ends its turn."""
    if not targets:
        return []
    texts = [canonical_text(contract, target) for target in targets]
    found = tokenizer(texts, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return [len(ids) for ids in found]


def shared_prefix(tokenizer: Any, prompt: Prompt) -> list[int]:
    """The ids every prompt of a workflow begins with, whatever the input.

    Found by comparing prompts with unlike inputs (an empty one too: templates that trim a turn
    then trim what is before it), less one token for merges at the border.
    """
    asked = [prompt_ids(tokenizer, prompt, text) for text in ("a", "Z9", "")]
    length = 0
    for ids in zip(*asked, strict=False):
        if len(set(ids)) > 1:
            break
        length += 1
    return asked[0][: max(length - 1, 0)]
