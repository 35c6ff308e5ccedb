"""The ledger of looks at gold, `eval/<workflow>/looks/`: one small file a look, tracked by git.

Takes a gold set and a candidate by their digests; gives the `Look` that the pair has, or would
have. The score and gate stages write it at first sight; seeing the pair again writes nothing.

Each look names the newest ones before it by their digests, as commits do, and so all before. Number
and share follow from those, whatever comes later. Files are named by gold set, candidate and what
came before: branches merge without conflicts, and a file that a later look or a release names
cannot go or change without being missed. Looks count together where their gold sets share a case:
beside its looks each gold set has a list of its cases, by short digests of their texts.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from dslm.errors import ReleaseRefused
from dslm.looks.alpha_spending import left_after, next_share
from dslm.looks.asked_cases import case_digests, listed_first, short
from dslm.provenance import digest_json, write_atomic
from dslm.records import Case, Look
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json

# What makes a candidate another one to look at: what it answers by, and what it is judged by. Code
# and packages are in the evidence and not here: an upgrade is no new candidate.
CANDIDATE = (
    "adapter", "base", "tokenizer", "template", "recipe", "data", "plan", "contract", "threshold",
)  # fmt: skip
CASES = "cases.json"
GIT = "`git checkout` the folder, or merge the branch that has it"


def candidate_digest(evidence: Mapping[str, str]) -> str:
    """What a look calls the model that answered, from the evidence of its answers."""
    return digest_json({key: evidence[key] for key in CANDIDATE})


def look_digest(look: Look) -> str:
    """What later looks and releases call a look."""
    return digest_json(look.model_dump(mode="json"))


@dataclass(frozen=True)
class KeptLook:
    """What the ledger has: looks by their digests, and the cases of each gold set."""

    looks: Mapping[str, Look]
    cases: Mapping[str, frozenset[str]]

    def before(self, after: Iterable[str]) -> set[str]:
        """All looks that some looks come after, themselves included; they have to be there."""
        found: set[str] = set()
        todo = list(after)
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo += self.looks[one].after
        return found

    def related(self, cases: Iterable[str]) -> set[str]:
        """Looks at gold sets that share a case with these, or with one that does, and so on."""
        seen, golds = set(cases), set[str]()
        while more := {g for g, own in self.cases.items() if g not in golds and seen & own}:
            golds |= more
            seen = seen.union(*(self.cases[gold] for gold in more))
        return self.before(digest for digest, look in self.looks.items() if look.gold in golds)

    def heads(self, looks: Iterable[str]) -> tuple[str, ...]:
        """Those of some looks that no other of them comes after."""
        every = set(looks)
        return tuple(sorted(every - {one for look in every for one in self.looks[look].after}))

    def counted(self, after: Iterable[str]) -> tuple[int, float]:
        """How many pairs were seen before, and the shares that they have spent."""
        spent: dict[tuple[str, str], float] = {}
        for one in self.before(after):
            look = self.looks[one]
            pair = look.gold, look.candidate
            spent[pair] = max(spent.get(pair, 0.0), look.share)
        return len(spent), math.fsum(spent.values())


@dataclass(frozen=True)
class Ledger:
    """A workflow's ledger, and the receipts in git whose looks it has to have."""

    folder: Path
    receipts: tuple[Path, ...] = ()

    def sight(
        self, gold: str, candidate: str, cases: Sequence[Case], known: Look | None = None
    ) -> Look:
        """The look of a pair: that of its first sight, or the one that it would have now.

        Args:
            gold: Digest of the gold set.
            candidate: As `candidate_digest` has it.
            cases: Of the gold set.
            known: That of a verdict on the pair: it is kept to, if it is written down here.

        Raises:
            ReleaseRefused: The ledger is broken, or lacks a look that a receipt names.
        """
        kept = self.read()
        named = [receipt for path in self.receipts for receipt in _named_by(path)]
        refuse_gaps(kept.looks, named)
        listed = case_digests(cases)
        right, of_gold = digest_json(listed), [x for x in kept.looks.values() if x.gold == gold]
        self._refuse_other_cases(of_gold, {right, digest_json(listed_first(cases))})
        pair = gold, candidate
        same = [one for one in kept.looks.values() if (one.gold, one.candidate) == pair]
        if known in same:
            return known
        if same:  # two branches may have seen one pair, each first by its own ledger
            return min(same, key=lambda look: (look.number, look_digest(look)))
        after = kept.heads(kept.related(listed))
        return _look(kept, gold, candidate, of_gold[0].cases if of_gold else right, after)

    def _refuse_other_cases(self, looks: Iterable[Look], right: Container[str]) -> None:
        """Refuse looks at the gold set at hand that list other cases than it has."""
        for look in looks:
            if look.cases not in right:
                what = "a look that lists other cases than its gold set has"
                raise ReleaseRefused(what, where=self.folder / _name(look), fix=GIT)

    def next_look(self, cases: Iterable[Case]) -> tuple[int, float]:
        """How many pairs were seen on these or overlapping cases, and what the next may spend.

        Raises:
            ReleaseRefused: The ledger is broken.
        """
        kept = self.read()
        number, spent = kept.counted(kept.heads(kept.related(case_digests(cases))))
        return number, next_share(spent)

    def record(self, gold: str, candidate: str, cases: Sequence[Case]) -> Look:
        """The look of a pair, written down if this is its first sight.

        Experiments that are scored at once wait for each other: each counts those before it.

        Raises:
            ReleaseRefused: As `sight`.
        """
        with _alone(self.folder):
            look = self.sight(gold, candidate, cases)
            self.keep(look, cases)
        return look

    def keep(self, look: Look, cases: Sequence[Case]) -> None:
        """Write a look down, with the cases of its gold set; nothing where it is."""
        path = self.folder / _name(look)
        listed = path.with_name(CASES)
        if not listed.exists():
            write_atomic(listed, json.dumps(case_digests(cases), indent=0) + "\n")
        if not path.exists():
            write_atomic(path, look.model_dump_json(indent=2) + "\n")

    def holds(self, look: Look) -> bool:
        """Whether a look is written down here.

        Raises:
            ReleaseRefused: The ledger is broken.
        """
        return look_digest(look) in self.read().looks

    def read(self) -> KeptLook:
        """All looks, each proved: its name, what it came after, and what follows from that.

        Raises:
            ReleaseRefused: A file is no look, was changed, or one that a look came after is gone.
        """
        found: dict[str, Path] = {}
        looks: dict[str, Look] = {}
        for path in sorted(self.folder.glob("*/*.json")):
            if path.name.startswith(".") or path.name == CASES:
                continue
            look = _read(path)
            digest = look_digest(look)
            looks[digest], found[digest] = look, path
        kept = KeptLook(looks, {
            look.gold: _cases(found[digest].with_name(CASES), look)
            for digest, look in looks.items()
        })  # fmt: skip
        for digest, look in looks.items():
            refuse_gaps(looks, [(str(found[digest]), one) for one in look.after])
        for digest, look in looks.items():
            right = _look(kept, look.gold, look.candidate, look.cases, look.after)
            if look != right or self.folder / _name(look) != found[digest]:
                what = "a look that does not follow from those before it"
                raise ReleaseRefused(what, where=found[digest], fix=GIT)
        return kept


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the ledger against other processes; the kernel gives it back when one ends."""
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def ledger_of(ws: Workspace) -> Ledger:
    """The ledger of a workflow; the receipts are of its newest registration and its champion."""
    return Ledger(ws.looks, (ws.receipt, ws.champion))


def refuse_gaps(looks: Mapping[str, Look], named: Iterable[tuple[str, str]]) -> None:
    """Refuse a ledger without a look that something names.

    Args:
        looks: By their digests.
        named: By what, and the digest.

    Raises:
        ReleaseRefused: One is not there.
    """
    for by, digest in named:
        if digest not in looks:
            what = f"the ledger of looks lacks {digest[:15]}…, which this names"
            raise ReleaseRefused(what, where=by, fix=GIT)


def _named_by(path: Path) -> Iterator[tuple[str, str]]:
    if not path.is_file():
        return
    try:
        value = strict_json(path.read_bytes())
    except (ValueError, OSError) as error:
        raise ReleaseRefused(f"cannot be read: {error}", where=path, fix=GIT) from None
    digest = value.get("look") if isinstance(value, dict) else None
    if digest is not None:
        yield str(path), str(digest)


def _look(kept: KeptLook, gold: str, candidate: str, cases: str, after: tuple[str, ...]) -> Look:
    """A look by what came before it."""
    number, spent = kept.counted(after)
    share = next_share(spent)
    return Look(gold=gold, candidate=candidate, cases=cases, after=after, number=number + 1,
                share=share, left=left_after(spent + share))  # fmt: skip


def _name(look: Look) -> str:
    """Where a look lies in the ledger: its gold set, its candidate, and what it came after."""
    after = short(digest_json(list(look.after)))[:8]
    return f"{short(look.gold)}/{short(look.candidate)}-{after}.json"


def _read(path: Path) -> Look:
    try:
        return Look.model_validate_json(path.read_bytes())
    except ValidationError as error:
        what = f"no look ({error.errors()[0]['msg']})"
        raise ReleaseRefused(what, where=path, fix=GIT) from None
    except OSError as error:
        raise ReleaseRefused(f"cannot be read: {error.strerror}", where=path, fix=GIT) from None


def _cases(path: Path, look: Look) -> frozenset[str]:
    """The cases of a look's gold set, as the ledger lists them."""
    try:
        listed = strict_json(path.read_bytes())
    except (ValueError, OSError) as error:
        raise ReleaseRefused(f"cannot be read: {error}", where=path, fix=GIT) from None
    texts = isinstance(listed, list) and all(isinstance(one, str) for one in listed)
    if not texts or digest_json(listed) != look.cases:
        raise ReleaseRefused("is not the list that a look names", where=path, fix=GIT)
    return frozenset(listed)
