"""One version, or two beside each other, from their own proved files.

Takes a workspace and versions; gives what `dslm release show` and `dslm release diff` tell: what
was asked, what it was made from, scores with intervals, and the rows to find flips in. Nothing here
is believed that a tag says: every byte was compared first.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.cases import read_records
from dslm.errors import InputError, ReleaseRefused
from dslm.evidence import TERMS_FILE, Terms, read_terms
from dslm.gating.changes.changes_since_champion import changes_since
from dslm.provenance import digest_file
from dslm.records import Baseline, Changes, JournalEntry, Metric, Release, Row, Scorecard, Verdict
from dslm.releasing.journal.journal_anchors import known_to_readers
from dslm.releasing.journal.journal_proof import SignedMove, signed_moves
from dslm.releasing.moves.release_identity import is_release
from dslm.releasing.package.release_summary import as_release
from dslm.releasing.registry.mlflow_connection import nothing_yet
from dslm.releasing.registry.mlflow_store import RESTORE, ModelStore
from dslm.releasing.registry.mlflow_tracking import flat
from dslm.releasing.verification.release_verification import ReleaseProof, prove
from dslm.scoring.scorecard_verification import read_scorecard
from dslm.settings.recipe import load_recipe
from dslm.settings.workspace import Workspace

CANDIDATE = "candidate"
ROWS = Path("rows") / "candidate.jsonl"
ABSENT = "not there"


@dataclass(frozen=True)
class Told:
    """A version as its own files have it.

    Attributes:
        release: As the registry has it.
        verdict: The gate's on it.
        scorecard: Of all models that it was compared with.
        moves: The journal's entries that made it champion.
        signed: Who signed and approved each.
    """

    release: Release
    verdict: Verdict
    scorecard: Scorecard
    moves: tuple[JournalEntry, ...]
    signed: tuple[SignedMove, ...]


@dataclass(frozen=True)
class Differences:
    """What one version has otherwise than another.

    Attributes:
        before: The one that is compared with.
        after: The other.
        changes: Gold, policy, contract, and which parts it was made from are others.
        recipe: Keys of the recipe, dotted, with both values.
        threshold: Of both, in words: confidence from which an answer proceeds.
        scores: Each metric of both candidates, on the gold of its time.
        same_gold: Whether both have answered the same gold set.
        rows: Of both candidates.
    """

    before: Told
    after: Told
    changes: Changes
    recipe: Mapping[str, tuple[Any, Any]]
    threshold: tuple[float | None, float | None]
    scores: Mapping[str, tuple[Metric | None, Metric | None]]
    same_gold: bool
    rows: tuple[tuple[Row, ...], tuple[Row, ...]]


def told(ws: Workspace, version: int | None) -> Told:
    """One version, by default the champion.

    Raises:
        ReleaseRefused: There is none, or its files are not what was registered.
    """
    with _opened(ws) as (store, entries, into):
        number = _champion(ws, entries) if version is None else version
        return _told(store, entries, prove(store, store.version(number), into))


def differences(ws: Workspace, before: int, after: int) -> Differences:
    """What a version has otherwise than another.

    Raises:
        ReleaseRefused: One of them is not there, or not what was registered.
        InputError: They are one.
    """
    if before == after:
        raise InputError(f"version {before} is compared with itself", where="--from, --to",
                         fix="name two versions")  # fmt: skip
    with _opened(ws) as (store, entries, into):
        left = prove(store, store.version(before), into / "before")
        right = prove(store, store.version(after), into / "after")
        cards = [read_scorecard(one.folder / "scorecard.json") for one in (left, right)]
        return Differences(
            before=_told(store, entries, left),
            after=_told(store, entries, right),
            changes=_changes(left, right),
            recipe=_recipe(left.folder, right.folder),
            threshold=(cards[0].threshold, cards[1].threshold),
            scores=_scores(*cards),
            same_gold=left.evidence.get("gold") == right.evidence.get("gold"),
            rows=(_rows(left.folder), _rows(right.folder)),
        )


@contextmanager
def _opened(ws: Workspace) -> Iterator[tuple[ModelStore, tuple[JournalEntry, ...], Path]]:
    if nothing_yet(ws.root):
        fix = "`dslm release list` shows what there is"
        raise ReleaseRefused("no version is registered yet", where=ws.workflow, fix=fix)
    store = ModelStore(ws.root, ws.workflow)
    with tempfile.TemporaryDirectory(prefix="dslm-release-") as into:
        (Path(into) / "before").mkdir()
        (Path(into) / "after").mkdir()
        yield store, known_to_readers(ws, store), Path(into)


def _champion(ws: Workspace, entries: tuple[JournalEntry, ...]) -> int:
    if not entries:
        fix = "name one: --version N; `dslm release list` shows them"
        raise ReleaseRefused("there is no champion yet", where=ws.workflow, fix=fix)
    return entries[-1].to_version


def _told(store: ModelStore, entries: tuple[JournalEntry, ...], proof: ReleaseProof) -> Told:
    version = store.version(proof.version)
    moves = [
        (entry, by)
        for entry, by in zip(entries, signed_moves(entries, store.model), strict=True)
        if is_release(store, entry, version)
    ]
    return Told(
        release=as_release(store.model, version),
        verdict=proof.verdict,
        scorecard=read_scorecard(proof.folder / "scorecard.json"),
        moves=tuple(entry for entry, _ in moves),
        signed=tuple(by for _, by in moves),
    )


def _changes(left: ReleaseProof, right: ReleaseProof) -> Changes:
    then, now = _terms(left), _terms(right)
    if now is None:
        why = (
            f"version {right.version} was registered before releases kept the terms they were "
            "judged by"
        )
        return Changes(since=left.version, unknown=why)
    return changes_since(Baseline(version=left.version, digest=left.digest), then, now)


def _terms(proof: ReleaseProof) -> Terms | None:
    path = proof.folder / TERMS_FILE
    if not path.is_file():
        return None
    return read_terms(path, proof.contract.name, digest_file(path), fix=RESTORE)


def _recipe(before: Path, after: Path) -> dict[str, tuple[Any, Any]]:
    sides = [
        dict(flat(load_recipe(one / "recipe.yaml").model_dump(mode="json")))
        for one in (before, after)
    ]
    both = sorted(sides[0].keys() | sides[1].keys())
    pairs = ((key, (sides[0].get(key, ABSENT), sides[1].get(key, ABSENT))) for key in both)
    return {key: pair for key, pair in pairs if pair[0] != pair[1]}


def _scores(before: Scorecard, after: Scorecard) -> dict[str, tuple[Metric | None, Metric | None]]:
    sides = [card.models[CANDIDATE].metrics for card in (before, after)]
    return {
        name: (sides[0].get(name), sides[1].get(name))
        for name in sorted(sides[0].keys() | sides[1].keys())
    }


def _rows(folder: Path) -> tuple[Row, ...]:
    path = folder / ROWS
    return tuple(read_records(path, Row)) if path.is_file() else ()
