"""A tokenizer whose chat template is told of another day, or of the answer too.

So the checks look through the one prompt renderer at what it would write then, and repeat none of
what it knows (which turns a family has). Used by the checks `clock` and `generation_prompt`.
"""

from __future__ import annotations

from typing import Any

from dslm.inference.prompts.template_date import ASKS


class FixedTemplateTokenizer:
    """Stands in for a tokenizer in `dslm.inference.prompts.prompt`.

    Args:
        tokenizer: The real one; all but the chat template is its own.
        day: What the template is told when it asks for the time (`strftime_now`).
        answer: An assistant's turn to write at the end, in place of the generation prompt.
    """

    def __init__(self, tokenizer: Any, *, day: str | None = None, answer: str | None = None):
        self._tokenizer, self._day, self._answer = tokenizer, day, answer

    def __getattr__(self, name: str) -> Any:
        """Anything else is the tokenizer's."""
        return getattr(self._tokenizer, name)

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        """Text as tokens, as the tokenizer does it."""
        return self._tokenizer(*arguments, **settings)

    def apply_chat_template(self, turns: list[dict[str, str]], **settings: Any) -> Any:
        """The conversation as the template writes it under these circumstances."""
        if self._day is not None:  # functions cannot be handed in: transformers makes them text
            clock = f"{{% macro {ASKS}(format) %}}{self._day}{{% endmacro %}}\n"
            written = settings.get("chat_template") or self._tokenizer.chat_template
            settings["chat_template"] = clock + written
        if self._answer is not None:
            turns = [*turns, {"role": "assistant", "content": self._answer}]
            settings["add_generation_prompt"] = False
        return self._tokenizer.apply_chat_template(turns, **settings)
