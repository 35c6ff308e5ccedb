"""The artefacts of one release as a dossier's folder has them, each read once and typed.

Takes a folder; gives an `Artefacts`, in which a file that is not there is None. Read by the
findings that decide the map of controls, by the cards and by the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dslm.cases import read_records
from dslm.contract import Contract, load_contract
from dslm.data_card import DataCard
from dslm.errors import Bug, ReleaseRefused
from dslm.evidence import Calibration
from dslm.provenance import MANIFEST, digest_json
from dslm.records import Scorecard, Verdict
from dslm.releasing.dossier.dossier_contents import (
    APPROVALS,
    DRILL,
    JOURNAL,
    MADE,
    POLICY,
    PROMOTION,
    RECORDS,
    RELEASE,
    ROWS,
    Made,
)
from dslm.releasing.dossier.foreign_records import (
    AGAIN,
    Approval,
    ErasedCases,
    Move,
    Sealed,
    Stated,
    payload_of,
)
from dslm.releasing.dossier.scored_cases import ScoredCase
from dslm.releasing.drill.drill_record import DrillRecord
from dslm.releasing.journal.journal import digest_of
from dslm.releasing.package.bill_of_materials import BILL
from dslm.releasing.package.erased_cases import FILE as ERASED
from dslm.releasing.package.release_package import EVIDENCE, MODELS
from dslm.releasing.signing.dsse import read_envelope
from dslm.releasing.signing.model_signature import SIGNATURE
from dslm.settings.files.document_loading import load_document
from dslm.settings.recipe import Recipe, load_recipe
from dslm.settings.release_policy import ReleasePolicy
from dslm.strict_json import strict_json

Known = TypeVar("Known", bound=BaseModel)
There = TypeVar("There")


@dataclass(frozen=True)
class Artefacts:
    """What lies in a dossier's folder; None where it does not."""

    folder: Path

    @cached_property
    def made(self) -> Made:
        """What the folder is of."""
        found = self._record(MADE, Made)
        if found is None:
            raise ReleaseRefused("is no dossier", where=self.folder, fix=f"it has no {MADE}")
        return found

    @cached_property
    def manifest(self) -> Sealed:
        """The release's."""
        found = self._record(f"{RELEASE}/{MANIFEST}", Sealed)
        if found is None:
            where = self.folder / RELEASE / MANIFEST
            raise ReleaseRefused("no manifest of a release", where=where, fix=AGAIN)
        return found

    @property
    def evidence(self) -> Mapping[str, str]:
        """Digests of what the release was made from."""
        return self.manifest.inputs

    @cached_property
    def contract(self) -> Contract | None:
        """The workflow's contract."""
        path = self._of_release("workflow.yaml")
        return load_contract(path) if path else None

    @cached_property
    def recipe(self) -> Recipe | None:
        """How it was trained."""
        path = self._of_release("recipe.yaml")
        return load_recipe(path) if path else None

    @cached_property
    def lock(self) -> str | None:
        """The packages that it was made with, a line each."""
        path = self._of_release("requirements.txt")
        return path.read_text(encoding="utf-8") if path else None

    @cached_property
    def scorecard(self) -> Scorecard | None:
        """What was measured."""
        return self._record(f"{RELEASE}/scorecard.json", Scorecard)

    @cached_property
    def verdict(self) -> Verdict | None:
        """What the gate said."""
        return self._record(f"{RELEASE}/gate.json", Verdict)

    @cached_property
    def calibration(self) -> Calibration | None:
        """The threshold and how it was found; None of before that was kept with all its numbers."""
        said = self._object(f"{RELEASE}/calibration.json")
        if said is not None and not _asked_of(Calibration) <= said.keys():
            return None
        return self._record(f"{RELEASE}/calibration.json", Calibration)

    @cached_property
    def data_card(self) -> DataCard | None:
        """What the data is."""
        return self._record(f"{RELEASE}/data-card.json", DataCard)

    @cached_property
    def bill(self) -> Mapping[str, Any] | None:
        """The bill of materials."""
        return self._object(f"{RELEASE}/{BILL}")

    @cached_property
    def training(self) -> Mapping[str, Any] | None:
        """The summary of the training run."""
        return self._object(f"{RELEASE}/adapter/training.json")

    @cached_property
    def answered_by(self) -> Mapping[str, Any] | None:
        """The evidence that each model's answers name."""
        return self._object(f"{RELEASE}/{EVIDENCE}")

    @cached_property
    def rows(self) -> Mapping[str, list[ScoredCase]]:
        """Rows without text, by model."""
        return {
            model: read_records(path, ScoredCase)
            for model in MODELS
            if (path := self.folder / ROWS / f"{model}.jsonl").is_file()
        }

    @cached_property
    def signature(self) -> Stated | None:
        """The signature over the release's files."""
        bundle = self._json(f"{RELEASE}/{SIGNATURE}")
        if bundle is None:
            return None
        where = self.folder / RELEASE / SIGNATURE
        try:
            hint = bundle["verificationMaterial"]["publicKey"]["hint"]
            return Stated(str(hint), payload_of(bundle["dsseEnvelope"], where))
        except (LookupError, TypeError):
            raise ReleaseRefused("no signature of a model", where=where, fix=AGAIN) from None

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """The journal, oldest first.

        Raises:
            ReleaseRefused: An entry does not follow the one before, or is not what its digest says.
        """
        where = self.folder / RECORDS / JOURNAL
        moves = self._list(f"{RECORDS}/{JOURNAL}", Move)
        head = digest_json({"journal": self.made.workflow})
        for move in moves:
            own = move.texts_hidden or digest_of(move.entry) == move.digest
            if move.entry.previous_digest != head or not own:
                what = f"entry {move.entry.seq} was edited, or does not follow the one before"
                raise ReleaseRefused(what, where=where, fix=AGAIN)
            head = move.digest
        return moves

    @property
    def own_moves(self) -> tuple[Move, ...]:
        """Those that made this release the champion."""
        digest = self.made.digest
        return tuple(move for move in self.moves if move.entry.to_digest == digest)

    @cached_property
    def promotion(self) -> Stated | None:
        """The signed statement of the move that made it champion."""
        return self.stated(f"{RECORDS}/{PROMOTION}")

    @cached_property
    def policy(self) -> ReleasePolicy | None:
        """The release policy in force when the dossier was made."""
        path = self.folder / RECORDS / POLICY
        return load_document(path, ReleasePolicy) if path.is_file() else None

    @cached_property
    def approvals(self) -> tuple[Approval, ...]:
        """Who approved the moves that made it the champion."""
        return self._list(f"{RECORDS}/{APPROVALS}", Approval)

    @cached_property
    def drill(self) -> DrillRecord | None:
        """The last drill of a rollback."""
        return self._record(f"{RECORDS}/{DRILL}", DrillRecord)

    @cached_property
    def erased(self) -> Mapping[str, int]:
        """How many cases were erased from which file of the release."""
        counts: Counter[str] = Counter()
        if said := self._record(f"{RELEASE}/{ERASED}", ErasedCases):
            for one in said.erasures:
                counts.update(one.cases)
        return counts

    def erased_from(self, *models: str) -> int:
        """The most cases that were erased from the rows of one of these models."""
        return max(self.erased.get(f"rows/{model}.jsonl", 0) for model in models)

    def holds(self, name: str) -> bool:
        """Whether the release holds a file, be it in the dossier or not."""
        return name in self.manifest.files

    def stated(self, name: str) -> Stated | None:
        """A signed statement."""
        value = self._json(name)
        if value is None:
            return None
        where = self.folder / name
        key = read_envelope(value, where).signatures[0].keyid
        return Stated(key or "", payload_of(value, where))

    def _of_release(self, name: str) -> Path | None:
        path = self.folder / RELEASE / name
        return path if path.is_file() else None

    def _object(self, name: str) -> Mapping[str, Any] | None:
        value: Mapping[str, Any] | None = self._json(name)
        return value

    def _json(self, name: str, of: type | tuple[type, ...] = dict) -> Any:
        path = self.folder / name
        if not path.is_file():
            return None
        try:
            value = strict_json(path.read_bytes())
        except ValueError as error:
            raise ReleaseRefused(f"not JSON: {error}", where=path, fix=AGAIN) from None
        if not isinstance(value, of):
            raise ReleaseRefused("not what should be there", where=path, fix=AGAIN)
        return value

    def _record(self, name: str, kind: type[Known]) -> Known | None:
        value = self._json(name)
        return None if value is None else self._as(value, kind, name)

    def _list(self, name: str, kind: type[Known]) -> tuple[Known, ...]:
        value = self._json(name, of=list)
        return tuple(self._as(one, kind, name) for one in value or ())

    def _as(self, value: Any, kind: type[Known], name: str) -> Known:
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"]) or "document"
            what = f"{key}: {first['msg']}"
            raise ReleaseRefused(what, where=self.folder / name, fix=AGAIN) from None


def needed(found: There | None) -> There:
    """What a claim is of: `claims.said_of` has seen that the file is there.

    Raises:
        Bug: It is not there, since the claim does not name it.
    """
    if found is None:
        raise Bug("a claim reads an artefact that it does not name", where="dossier claims")
    return found


def _asked_of(kind: type[BaseModel]) -> set[str]:
    """The keys that a record has to have."""
    return {name for name, field in kind.model_fields.items() if field.is_required()}
