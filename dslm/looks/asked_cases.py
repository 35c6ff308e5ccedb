"""What is asked of a model, by short digests: how the ledger knows gold sets that share a case.

Takes cases, gives digests of their inputs. Used by `look_ledger`.
"""

from __future__ import annotations

from collections.abc import Iterable

from dslm.contract.text.folding import composed
from dslm.provenance import digest_bytes
from dslm.records import Case

_SHORT = 16


def case_digests(cases: Iterable[Case]) -> list[str]:
    """Short digests of what is asked, sorted: the same case under another id or label is the same.

    Letter case and blanks do not count, nor what nobody sees: joiners, another composition. A text
    that the latter changes is listed both ways, so that lists of before it was looked at are met.
    """
    asked = list(cases)
    return sorted({*listed_first(asked), *_digests_of(composed(case.input) for case in asked)})


def listed_first(cases: Iterable[Case]) -> list[str]:
    """The list as it was made before composition was looked at."""
    return _digests_of(case.input.casefold() for case in cases)


def _digests_of(texts: Iterable[str]) -> list[str]:
    blanks_folded = (" ".join(text.split()) for text in texts)
    return sorted({short(digest_bytes(text.encode())) for text in blanks_folded})


def short(digest: str) -> str:
    """The beginning of a digest, enough to tell one from another."""
    return digest.removeprefix("sha256:")[:_SHORT]
