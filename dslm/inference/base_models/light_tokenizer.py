"""A base's tokenizer read by `tokenizers` alone, in a tenth of a second and without transformers.

For counting only, where a light command asks how long rows and answers are: it splits texts by the
model's `tokenizer.json` and renders its chat template, which is all that `prompt` needs. Training
and serving load the whole tokenizer, and the doctor proves that the two agree. Called by
`dslm.checking` and `dslm.scaffolding`; nothing is fetched, and no base is prepared here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NoReturn

from dslm.errors import DslmError, InputError
from dslm.inference.base_models.base_files import (
    EMBEDDED,
    cached_snapshot,
    embedded_folder,
    template_of,
)
from dslm.settings.recipe import BaseModelSource
from dslm.settings.workspace import origin
from dslm.strict_json import strict_json

PREPARE = "run `dslm base prepare`"


class NotAtHand(InputError):
    """The tokenizer is not on this machine, or nothing here can read it."""


class BareTokenizer:
    """Splits texts and writes conversations as the whole tokenizer does.

    Args:
        folder: Of the base model.

    Raises:
        NotAtHand: The library is not installed, or a file is missing or is none.
    """

    def __init__(self, folder: Path):
        path = folder / "tokenizer.json"
        try:
            self._rules = _rules(path.read_text(encoding="utf-8"))
            self._named = _named_tokens(folder)
            self.chat_template = template_of(folder)
        except DslmError as error:
            raise NotAtHand(error.what, where=error.where, fix=error.fix) from None
        except Exception as error:  # noqa: BLE001 - `tokenizers` raises no narrower kind
            raise NotAtHand(f"its tokenizer cannot be read: {error}", where=path) from None
        self.name_or_path = str(folder)
        self._templates: dict[str, Any] = {}  # compiled, by their text

    @cached_property
    def added_tokens_decoder(self) -> Mapping[int, Any]:
        """Tokens beside the vocabulary, by id."""
        found: Mapping[int, Any] = self._rules.get_added_tokens_decoder()
        return found

    @property
    def all_special_tokens(self) -> list[str]:
        """Those that the files name: begin, end, padding and so on."""
        return list(dict.fromkeys(self._named.values()))

    @property
    def eos_token_id(self) -> int | None:
        """The id of the named end token."""
        end = self._named.get("eos_token")
        return None if end is None else self._rules.token_to_id(end)

    def __call__(
        self, texts: str | Sequence[str], *, add_special_tokens: bool = True,
        split_special_tokens: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Token ids of one text, or of each of several."""
        self._rules.encode_special_tokens = split_special_tokens
        many = [texts] if isinstance(texts, str) else list(texts)
        found = self._rules.encode_batch_fast(many, add_special_tokens=add_special_tokens)
        ids = [one.ids for one in found]
        return {"input_ids": ids[0] if isinstance(texts, str) else ids}

    def apply_chat_template(
        self, turns: Sequence[Mapping[str, str]], *, chat_template: str, **told: Any
    ) -> str:
        """A conversation as text, by the rules under which transformers renders templates."""
        told.pop("tokenize", None)
        template = self._templates.get(chat_template)
        if template is None:
            template = self._environment.from_string(chat_template)
            self._templates[chat_template] = template
        return str(template.render(messages=[dict(t) for t in turns], **self._named, **told))

    @cached_property
    def _environment(self) -> Any:
        from jinja2.ext import loopcontrols
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        made = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
        )
        made.filters["tojson"] = _json_text
        made.globals["raise_exception"] = _refused
        return made


@lru_cache(maxsize=1)  # a process that counts for several recipes of one base builds it once
def _rules(text: str) -> Any:
    """The splitting rules that a `tokenizer.json` holds, which no caller may change for good."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise NotAtHand("the package `tokenizers` is not installed",
                        fix="pip install 'dslm[train]'") from None  # fmt: skip
    made = Tokenizer.from_str(text)
    made.no_truncation()
    made.no_padding()
    return made


def _json_text(value: Any, ensure_ascii: bool = False, **layout: Any) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, **layout)


def _refused(message: str) -> NoReturn:
    from jinja2 import TemplateError

    raise TemplateError(message)


def _named_tokens(folder: Path) -> dict[str, str]:
    """What the files call begin, end, padding and so on."""
    found: dict[str, str] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        path = folder / name
        settings = strict_json(path.read_bytes(), infinite=True) if path.is_file() else {}
        for key, value in settings.items():
            text = value.get("content") if isinstance(value, dict) else value
            if key.endswith("_token") and isinstance(text, str):
                found[key] = text
    return found


def tokenizer_at_hand(source: BaseModelSource, root: Path) -> BareTokenizer:
    """The tokenizer of a recipe's base, where it is on this machine.

    Args:
        source: The recipe's `base`.
        root: The repository, which a relative `folder` is relative to.

    Raises:
        NotAtHand: It is not, with the way to get it.
    """
    if source.embedded:
        folder = embedded_folder(source.embedded) if source.embedded in EMBEDDED else root / "none"
        if not folder.is_dir():
            raise NotAtHand(f"{source.embedded} is not prepared on this machine", fix=PREPARE)
    elif source.folder:
        folder = (root / source.folder).resolve()
        if not folder.is_dir():
            folder = (origin(root) / source.folder).resolve()
        if not folder.is_dir():
            raise NotAtHand(f"{source.folder} is not on this machine", fix=source.way_to_lock())
    else:
        folder = _of_hub(source)
    return BareTokenizer(folder)


def _of_hub(source: BaseModelSource) -> Path:
    try:
        return cached_snapshot(source)
    except ImportError:
        raise NotAtHand("the package `huggingface_hub` is not installed",
                        fix="pip install 'dslm[train]'") from None  # fmt: skip
    except DslmError as error:
        raise NotAtHand(f"{source.hub} {error.what}", fix=error.fix) from None
