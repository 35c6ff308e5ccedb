"""What an answer may turn out to be, put to the model at once instead of token by token.

Takes a text that an answer is thought to be and how far the answer is; gives the tokens to show
the model ahead of its own choice. Whatever the text says, the answer is the model's: the engine
chooses at each place as it would without, and drops what was shown beyond the first difference
(speculative decoding, arXiv:2211.17192, of a greedy choice). A text of the right words is tried
again behind a token that only divides them otherwise. Used by the engine only.
"""

from __future__ import annotations

from typing import Any


class Draft:
    """A text that an answer may turn out to be.

    Args:
        lexicon: The engine's tokens, as llguidance knows them.
        text: Of the whole answer.
    """

    def __init__(self, lexicon: Any, text: str):
        self._lexicon, self._text = lexicon, text.encode()
        self._tokens: dict[int, int] = {}  # the token that begins at a byte
        self._divide(0)

    def ahead(self, wide: Any, written: bytes, most: int) -> list[list[int]]:
        """What may follow an answer's tokens, where it is the text so far.

        Args:
            wide: Matcher of the engine's grammar where the answer stands, left as it is; None where
                there is none.
            written: The answer so far.
            most: Of tokens.

        Returns:
            One list for each token that the model would choose: that token, and those that the
            grammar forces after it. None beyond where the grammar or the text departs.
        """
        if not self._text.startswith(written):
            return []
        found, count, at = list[list[int]](), 0, len(written)
        copy = None if wide is None else wide.deep_copy()
        while count < most and at < len(self._text):
            token = self._next(at)
            together = [] if token is None else _followed(copy, token)
            if not together or (copy is not None and copy.is_stopped()):
                break  # what an answer ends with, the model need not see
            found.append(together)
            count, begin = count + len(together), at
            at += len(self._lexicon.decode_bytes(together))
            if self._text[begin:at] != self._lexicon.decode_bytes(together):
                break
        return found

    def _next(self, at: int) -> int | None:
        if at not in self._tokens:
            self._divide(at)
        return self._tokens.get(at)

    def _divide(self, at: int) -> None:
        """Note where tokens begin from a byte on; those of the whole text stay."""
        for token in self._lexicon.tokenize_bytes(self._text[at:]):
            self._tokens.setdefault(at, token)
            at += len(self._lexicon.decode_bytes([token]))


def _followed(wide: Any, token: int) -> list[int]:
    """A token with what is forced after it, both taken; nothing where the grammar forbids it."""
    if wide is None:
        return [token]
    if wide.is_stopped() or not wide.try_consume_tokens([token]):
        return []
    forced: list[int] = wide.compute_ff_tokens()
    if forced:
        wide.consume_tokens(forced)
    return [token, *forced]
