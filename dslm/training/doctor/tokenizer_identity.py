"""Checks `tokenizer` and `template`: the ones in memory are those of the files that evidence names.

Loading can change them: classes of a family rebuild a tokenizer otherwise than its `tokenizer.json`
says, code adds tokens, another template is picked where there are two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dslm.checking.finding import Finding, fail, named, ok
from dslm.inference.prompts.prompt import prompt_text
from dslm.provenance import digest_bytes, digest_json
from dslm.strict_json import strict_json
from dslm.training.doctor.checked_workflow import CheckedWorkflow

SHOWN = 19  # `sha256:` and twelve digits
ALIKE_IN = 50  # prompts that both tokenizers split


def fingerprint(tokenizer: Any) -> str:
    """Digest of a tokenizer as it is in memory: rules, vocabulary, named tokens, template."""
    rules = json.loads(tokenizer.backend_tokenizer.to_str())
    rules.pop("truncation", None)  # state of the last call
    rules.pop("padding", None)
    named_tokens = {name: str(token) for name, token in tokenizer.special_tokens_map.items()}
    return digest_json([rules, named_tokens, tokenizer.chat_template])


def tokenizer(seen: CheckedWorkflow) -> Iterator[Finding]:
    """Split prompts with the tokenizer in memory and with its file, and hold ids to the model."""
    from tokenizers import Tokenizer

    plain = Tokenizer.from_file(str(seen.files.folder / "tokenizer.json"))
    other = [
        case.id
        for case in seen.cases[:ALIKE_IN]
        if (text := prompt_text(seen.tokenizer, seen.prompt, case.input))
        and plain.encode(text, add_special_tokens=False).ids
        != seen.tokenizer(text, add_special_tokens=False)["input_ids"]
    ]
    beyond = [r.case_id for r in seen.rows if max(r.input_ids) >= _vocabulary(seen)]
    if other:
        yield fail("tokenizer", f"splits {len(other)} prompts otherwise than its tokenizer.json: "
                   f"{named(other)}", where=f"case {other[0]}",
                   fix="restore the base's files; change no loaded tokenizer")  # fmt: skip
    if beyond:
        yield fail("tokenizer", f"{len(beyond)} of {seen.count()} have ids beyond the model's "
                   f"{_vocabulary(seen)}: {named(beyond)}", where=f"case {beyond[0]}",
                   fix="the tokenizer is another model's: restore the base's files")  # fmt: skip
    if not (other or beyond):
        yield ok("tokenizer", f"files {seen.files.tokenizer[:SHOWN]}…, "
                 f"fingerprint {fingerprint(seen.tokenizer)[:SHOWN]}…")  # fmt: skip


def template(seen: CheckedWorkflow) -> Iterator[Finding]:
    """Compare the template in memory with the digest of the file's."""
    found = digest_bytes(str(seen.tokenizer.chat_template).encode())
    if found != seen.files.template:
        yield fail("template", f"the chat template in memory ({found[:SHOWN]}…) is not the file's "
                   f"({seen.files.template[:SHOWN]}…)", where="chat template",
                   fix="keep one template in the base's folder: chat_template.jinja")  # fmt: skip
    else:
        yield ok("template", f"{found[:SHOWN]}…")


def _vocabulary(seen: CheckedWorkflow) -> int:
    """How many tokens the model has a row for; a multimodal one says so of its text part."""
    config = strict_json((seen.files.folder / "config.json").read_bytes(), infinite=True)
    size: int = config.get("text_config", config)["vocab_size"]
    return size
