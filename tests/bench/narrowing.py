"""What narrowing to one input costs, by its length: grammar, compiling, and masks of an answer.

    python tests/bench/narrowing.py [--out docs/measurements/narrowing.json]

Inputs are the example's, put together up to a number of words, and words of other scripts; each is
new, so that nothing is found in a cache. The contract is the example's: two grounded texts, a date
and two amounts. `narrow` writes the grammar, `compile` is llguidance's, `masks` all of an answer's
with the longest beside them (of the contract's own grammar: `plain_masks`), `ground` the check
afterwards. Milliseconds of processor time a case, so that what else the machine does counts
little, the median of some inputs. The tokenizer has as many tokens as the
text of this repository gives (`vocabulary`): a mask takes longer with more.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import platform
import random
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from dslm.cases import read_records
from dslm.contract import Contract, load_contract
from dslm.contract.answers.canonical_answer import canonical_text, grammar, grammar_limits
from dslm.contract.answers.grounding import ungrounded
from dslm.contract.narrowing import narrowed
from dslm.records import Case

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "data" / "invoice_intake"
WORDS, ROUNDS, VOCABULARY = (30, 150, 500, 2_000, 10_000), 5, 50_000
SCRIPTS = {
    "Devanagari": "कृपया पाँच किलो चीनी और दो किलो चना भेजें धन्यवाद आपका आदेश संख्या",
    "Arabic": "من فضلك أرسل خمسة كيلو من السكر الأبيض رقم الطلب شكرا جزيلا لكم",
    "Chinese": "请发送五公斤白糖 和两公斤鹰嘴豆 订单号 谢谢您的来信 我们公司 北京市",
}


def lexicon() -> Any:
    """A byte-level BPE of this repository's own text, as llguidance takes it."""
    from llguidance.hf import from_tokenizer
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=["<end>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    files = [*(ROOT / "dslm").rglob("*.py"), *(ROOT / "docs").rglob("*.md"),
             *(ROOT / "tests").rglob("*.py"), EXAMPLE / "sources" / "cases.jsonl"]  # fmt: skip
    core.train_from_iterator((path.read_text("utf-8") for path in files), trainer)
    made = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<end>")
    return from_tokenizer(made, n_vocab=len(made), eos_token=0)


def long_cases(words: int, cases: list[Case], draw: random.Random) -> Iterator[Case]:
    """Cases put together to inputs of about that many words; the answer is the first one's."""
    while True:
        first = draw.choice(cases)
        found, count = [first.input], len(first.input.split())
        while count < words:
            found.append(draw.choice(cases).input)
            count += len(found[-1].split())
        yield first.model_copy(update={"input": "\n\n".join(found)})


def in_script(words: int, sample: str, cases: list[Case], draw: random.Random) -> Iterator[Case]:
    """The same, the rest of the input in another script."""
    for case in long_cases(30, cases, draw):
        rest = [draw.choice(sample.split()) for _ in range(words - 30)]
        yield case.model_copy(update={"input": " ".join([case.input, *rest])})


def _masks(tokens: Any, written: str, answer: str) -> tuple[float, float, float]:
    """Milliseconds of compiling, of all masks of an answer, and of the longest."""
    from llguidance import LLMatcher
    from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

    started = time.process_time()
    matcher = LLMatcher(tokens, written, limits=grammar_limits())
    compiled = time.process_time() - started
    bits = allocate_token_bitmask(1, tokens.vocab_size)
    taken = []
    for token in tokens.tokenize_str(answer):
        started = time.process_time()
        fill_next_token_bitmask(matcher, bits, 0)
        taken.append(time.process_time() - started)
        if not matcher.consume_token(token):
            raise RuntimeError(f"the answer is not accepted: {matcher.get_error()[:300]}")
    return compiled * 1e3, sum(taken) * 1e3, max(taken) * 1e3


def _one(contract: Contract, tokens: Any, case: Case) -> dict[str, float]:
    started = time.process_time()
    made = narrowed(contract, case.input)
    narrow = time.process_time() - started
    answer = canonical_text(contract, case.target or {})
    compiled, masks, longest = _masks(tokens, made.grammar, answer)
    _, plain, _ = _masks(tokens, grammar(contract.schema), answer)
    started = time.process_time()
    ungrounded(contract, case.input, case.target or {})
    ground = time.process_time() - started
    return {"narrow": narrow * 1e3, "compile": compiled, "masks": masks, "longest_mask": longest,
            "plain_masks": plain, "ground": ground * 1e3}  # fmt: skip


def measured(contract: Contract, tokens: Any, cases: Iterable[Case]) -> dict[str, float]:
    """The median of some inputs."""
    found = [_one(contract, tokens, case) for case in islice(cases, ROUNDS)]
    return {key: round(median(one[key] for one in found), 2) for key in found[0]}


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    out = parser.parse_args().out
    contract, draw = load_contract(EXAMPLE / "workflow.yaml"), random.Random(7)
    cases = [
        case
        for case in read_records(EXAMPLE / "sources" / "cases.jsonl", Case)
        if case.target
        and case.target["supplier"]
        and case.target["net"]
        and len(case.input.split()) <= WORDS[0]
        and not ungrounded(contract, case.input, case.target)
    ]
    tokens = lexicon()
    measured(contract, tokens, long_cases(WORDS[0], cases, draw))  # imports, caches of letters
    result = {
        "machine": f"{_processor()}, one process, Python {platform.python_version()}",
        "measured": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "vocabulary": tokens.vocab_size,
        "milliseconds_a_case": {
            **{f"{n:,} words": measured(contract, tokens, long_cases(n, cases, draw))
               for n in WORDS},
            **{f"2,000 words, {name}": measured(contract, tokens,
                                                in_script(2_000, sample, cases, draw))
               for name, sample in SCRIPTS.items()},
        },
    }  # fmt: skip
    text = json.dumps(result, indent=2)
    print(text)
    if out:
        out.write_text(text + "\n")


def _processor() -> str:
    """The processor's name, as Linux tells it."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


if __name__ == "__main__":
    main()
