"""Erasing a person's cases: in go a workspace and a group's id, out comes a list of every copy.

`listing` changes nothing; `forget` removes what can be made again, seals stored releases again
without the person's rows, and takes the rows out of sources, gold and review files last. Called by
`dslm forget`. What a release without some rows is worth is judged by
`dslm.releasing.package.erased_cases`.
"""

from __future__ import annotations

from dslm.erasure.forget_group import forget
from dslm.erasure.inventory import Listing, Release, listing

__all__ = ["Listing", "Release", "forget", "listing"]
