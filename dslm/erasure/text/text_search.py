"""Looks for texts in any file, in whatever form it holds them.

Takes texts of a person's cases, leaves out what stands in others' cases too, and counts how many
of the rest a file holds. `decompressed_texts` says which texts a file is, `folded_text` what of a
text is looked for. Called by `other_copies` and `releases_holding`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dslm.erasure.text.decompressed_texts import is_packed, is_text, views
from dslm.erasure.text.folded_text import plain, raw_windows_of, windows_of

AT_ONCE = 1 << 26  # bytes of a file that are looked at together
OVERLAP = 1 << 16
JOINED = 1 << 20  # characters of others' texts that are looked at together
_PREFIX = 8  # bytes of a window that are looked for first
_SPREAD = 0x9E3779B97F4A7C15  # Fibonacci hashing, Knuth, TAOCP 3, 6.4


@dataclass(frozen=True)
class TextSearch:
    """What is looked for.

    Attributes:
        windows: Pieces of each text that can be told from others' texts.
        raw: Pieces of the same as they came, of texts of which nothing is in others'.
        too_short: How many texts have nothing that could be looked for.
        shared: How many of the others stand in others' cases, word for word.
    """

    windows: tuple[tuple[bytes, ...], ...]
    raw: tuple[tuple[bytes, ...], ...] = field(default=(), repr=False)
    too_short: int = 0
    shared: int = 0

    @classmethod
    def of(cls, texts: Iterable[str], others: Iterable[str]) -> TextSearch:
        """A search for texts, but for what stands in others' too.

        Args:
            texts: Of the person's cases.
            others: Inputs of all other cases; read once.
        """
        every = sorted(set(texts))
        wanted = [windows_of(text) for text in every]
        asked = {one for windows in wanted for one in windows}
        left, prefixes = set(asked), _Prefixes([(0, one) for one in sorted(asked)])
        for joined in _joined(others):
            left -= {one for _, one in prefixes.found_in(joined)}
        kept = [tuple(one for one in windows if one in left) for windows in wanted]
        return cls(
            windows=tuple(windows for windows in kept if windows),
            raw=tuple(
                raw_windows_of(text) if now == was else ()
                for text, was, now in zip(every, wanted, kept, strict=True)
                if now
            ),
            too_short=sum(not windows for windows in wanted),
            shared=sum(bool(was) and not now for was, now in zip(wanted, kept, strict=True)),
        )

    def in_file(self, path: Path) -> int:
        """How many of the texts a file holds, whole or in part."""
        found: set[int] = set()
        with path.open("rb") as stream:
            before = b""
            while block := stream.read(AT_ONCE):
                found |= self._in(before + block)
                before = block[-OVERLAP:]
        if path.stat().st_size > AT_ONCE and is_packed(path):
            found |= self._in(path.read_bytes())
        return len(found)

    def in_bytes(self, data: bytes) -> int:
        """How many of the texts some bytes hold."""
        return len(self._in(data))

    def _in(self, data: bytes) -> set[int]:
        if not self.windows:
            return set()
        found = set() if is_text(data) else {place for place, _ in self._as_came.found_in(data)}
        for view in views(data):
            text = plain(view).encode("utf-8", "surrogatepass")
            found |= {place for place, _ in self._plain.found_in(text)}
        return found

    @cached_property
    def _plain(self) -> _Prefixes:
        return _Prefixes([(place, one) for place, ones in enumerate(self.windows) for one in ones])

    @cached_property
    def _as_came(self) -> _Prefixes:
        return _Prefixes([(place, one) for place, ones in enumerate(self.raw) for one in ones])


class _Prefixes:
    """Windows by how they begin, all of which are looked for in one go.

    However many there are, bytes are gone through once: eight from each place on are hashed to 16
    bits, and only where such a hash is a window's is more compared.
    """

    def __init__(self, windows: Sequence[tuple[int, bytes]]):
        import numpy as np

        self.by_prefix: dict[int, list[tuple[int, bytes]]] = {}
        for place, one in windows:
            prefix = int.from_bytes(one[:_PREFIX], "little")
            self.by_prefix.setdefault(prefix, []).append((place, one))
        self.known = np.array(sorted(self.by_prefix), dtype=np.uint64)
        self.table = np.zeros(1 << 16, dtype=np.bool_)
        self.table[_hashed(self.known)] = True

    def found_in(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Those that stand in some bytes."""
        import numpy as np

        met: set[int] = set()
        for start in range(min(_PREFIX, max(0, len(data) - _PREFIX + 1))):
            values = np.frombuffer(data, "<u8", (len(data) - start) // _PREFIX, start)
            values = values[self.table[_hashed(values)]]
            met.update(values[np.isin(values, self.known)].tolist())
        for prefix in sorted(met):
            yield from (one for one in self.by_prefix[prefix] if one[1] in data)


def _hashed(values: Any) -> Any:
    import numpy as np

    return (values * np.uint64(_SPREAD)) >> np.uint64(48)


def _joined(texts: Iterable[str]) -> Iterator[bytes]:
    """Texts folded, many at once, parted by what none of them holds."""
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(plain(text))
        size += len(held[-1])
        if size >= JOINED:
            yield "\n".join(held).encode("utf-8", "surrogatepass")
            held, size = [], 0
    yield "\n".join(held).encode("utf-8", "surrogatepass")
