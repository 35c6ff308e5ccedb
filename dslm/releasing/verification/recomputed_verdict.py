"""The verdict on a run, reached again by the gate's own function: no verdict is believed.

Takes a working tree before registration, or a release's own files before promotion; refuses where
the verdict that was written down is not the one that rows, documents and code give now. Called by
`registration` and `promote_and_rollback`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from dslm.cases import read_records
from dslm.contract import Contract, load_contract
from dslm.errors import InputError, ReleaseRefused
from dslm.evidence import (
    FORMAT,
    NONE,
    TERMS_FILE,
    CaseDigests,
    ChampionRelease,
    Model,
    Terms,
    code_digest,
    group_digest,
    read_champion_release,
    read_json,
    read_terms,
    terms_of,
)
from dslm.gating.evidence.evidence_loading import Documents, LatestRun, digest_of_anchor
from dslm.gating.gate import judge_run, read_documents, unlike
from dslm.provenance import digest_file
from dslm.records import Baseline, Row, Verdict
from dslm.releasing.journal.look_anchors import refuse_uncounted
from dslm.releasing.package.erased_cases import refuse_erased
from dslm.releasing.package.release_digests import digests_of_files
from dslm.releasing.package.release_package import (
    ANCHOR_RELEASE,
    CHAMPION,
    CHAMPION_TERMS,
    EVIDENCE,
)
from dslm.releasing.registry.mlflow_store import RESTORE
from dslm.releasing.verification.release_verification import ReleaseProof
from dslm.scoring.scorecard_verification import MODELS, RELEASES, Answered, answers_digest
from dslm.settings.recipe import load_recipe
from dslm.settings.workspace import Workspace, stage_command

MOST_NAMED = 5


def refuse_unlike(
    recorded: Verdict, again: Verdict, documents: Documents, *, where: str | Path, fix: str
) -> None:
    """Refuse a verdict that the gate does not reach again.

    Raises:
        ReleaseRefused: It differs; names where.
    """
    found = unlike(recorded, again, documents)
    if found:
        more = f"; and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        what = f"the verdict says {recorded.status}, judged again it is {again.status}: "
        raise ReleaseRefused(what + "; ".join(found[:MOST_NAMED]) + more, where=where, fix=fix)


def refuse_unlike_latest(ws: Workspace, recorded: Verdict) -> None:
    """Judge what lies in the working tree again, and compare.

    Raises:
        ReleaseRefused: The recorded verdict is another one.
        InputError: Contract, gold set, policy or waivers are wrong.
    """
    documents = replace(read_documents(ws, _today()), look=recorded.look)
    again = judge_run(LatestRun(ws), documents)
    fix = f"run {stage_command('gate', ws.workflow)} and read the new verdict"
    refuse_unlike(recorded, again, documents, where=ws.results / "gate.json", fix=fix)


def refuse_unlike_release(ws: Workspace, proof: ReleaseProof) -> Verdict:
    """Judge a release's own rows again, by contract, gold, policy, waivers and code in force.

    Returns:
        The verdict that they give, which is the release's own.

    Raises:
        ReleaseRefused: Its verdict is another one, or the release is of before evidence had a
            format, so that it cannot be judged again.
        InputError: Contract, gold set, policy or waivers are wrong.
    """
    where = f"{ws.workflow} version {proof.version}"
    again = stage_command("register", ws.workflow)
    fix = f"{again} scores, gates and registers the candidate again; promote that version"
    if of_before_formats(proof):
        what = "was made before releases held what judging again needs: it can be loaded and "
        raise ReleaseRefused(f"{what}rolled back to, not promoted", where=where, fix=fix)
    refuse_erased(proof.folder, where, fix)
    refuse_uncounted(ws, proof.verdict, where)
    documents = replace(read_documents(ws, _today()), look=proof.verdict.look)
    run = ReleaseRun(proof, documents, digest_file(ws.gold))
    verdict = judge_run(run, documents)
    refuse_unlike(proof.verdict, verdict, documents, where=where, fix=fix)
    _refuse_other_terms(run, where=where)
    return verdict


def _refuse_other_terms(run: ReleaseRun, *, where: str) -> None:
    """Refuse a release that says it was held to something else than its verdict rests on.

    The next candidate is compared with that.

    Raises:
        ReleaseRefused: It does, or does not say.
    """
    documents, split = run.documents, run.calibration_split(run.documents.contract)
    path, judged = run.proof.folder / TERMS_FILE, run.proof.verdict.evidence
    held = terms_of(documents.contract, documents.gold, documents.policy, judged, split)
    if not path.is_file() or path.read_bytes() != held.text().encode():
        what = f"{TERMS_FILE} is not what its verdict was judged by"
        raise ReleaseRefused(what, where=where, fix=RESTORE)


def of_before_formats(proof: ReleaseProof) -> bool:
    """Whether a release was made before evidence had a format."""
    return proof.evidence.get("format") != FORMAT


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


@dataclass(frozen=True)
class ReleaseRun:
    """A release's own files as a run that can be judged; their bytes were compared before."""

    proof: ReleaseProof
    documents: Documents
    gold: str
    read: dict[Model, Answered] = field(default_factory=dict, compare=False, repr=False)

    @property
    def workflow(self) -> str:
        """Whose it is."""
        return self.proof.contract.name

    @property
    def calibration(self) -> Path:
        """The calibration.json."""
        return self.proof.folder / "calibration.json"

    @property
    def scorecard(self) -> Path:
        """The scorecard.json."""
        return self.proof.folder / "scorecard.json"

    @property
    def calibration_cases(self) -> Path | None:
        """None: a release holds no inputs."""
        return None

    def models(self) -> list[Model]:
        """The models that have answered gold; candidate and base always have to be."""
        return [m for m in MODELS if m not in RELEASES or self._rows(m).is_file()]

    def answered(self, model: Model) -> Answered:
        """A model's answers."""
        if model not in self.read:
            path = self._rows(model)
            named = _named(self.proof.folder / EVIDENCE, model)
            rows = read_records(path, Row)
            self.read[model] = Answered(rows, named, answers_digest(path, named))
        return self.read[model]

    def candidate(self) -> dict[str, str]:
        """What the candidate's evidence has to say: by the files, and what is in force."""
        recipe = load_recipe(self.proof.folder / "recipe.yaml")
        own = load_contract(self.proof.folder / "workflow.yaml")
        if own.digest() != self.documents.contract.digest():
            raise ReleaseRefused("contract changed since", where=self.workflow)
        return {
            **digests_of_files(self.proof.folder),
            "format": FORMAT,
            "model": "candidate",
            "contract": self.documents.contract.digest(),
            "recipe": recipe.digest(),
            "plan": recipe.plan_digest(),
            "gold": self.gold,
            "calibration_cases": NONE,
            "code": code_digest(),
            "release": NONE,
        }

    def baseline(self) -> Baseline:
        """What the verdict names; the journal has been asked whether that still serves."""
        return self.proof.verdict.baseline

    def refuse_baseline(self, baseline: Baseline, candidate: Mapping[str, str]) -> None:
        """Nothing to do: a stale one is refused before."""

    def champion(self, baseline: Baseline) -> ChampionRelease:
        """What the baseline's release says of itself."""
        path = self.proof.folder / CHAMPION
        return read_champion_release(path, self.workflow, baseline.digest)

    def anchor_release(self, baseline: Baseline) -> ChampionRelease:
        """What the anchor release says of itself, where that is another."""
        path = self.proof.folder / ANCHOR_RELEASE
        return read_champion_release(path, self.workflow, digest_of_anchor(baseline))

    def terms(self, baseline: Baseline, digest: str) -> Terms:
        """What the baseline's release was held to."""
        path = self.proof.folder / CHAMPION_TERMS
        return read_terms(path, self.workflow, digest, fix=RESTORE)

    def calibration_split(self, contract: Contract) -> CaseDigests:
        """As its terms have it, which the verdict names by a digest; of the cases that rows are of.

        Raises:
            ReleaseRefused: Its terms have none, or one of other cases or groups.
        """
        path = self.proof.folder / TERMS_FILE
        try:
            split = Terms.model_validate_json(path.read_bytes()).calibration or {}
        except (OSError, ValidationError):
            split = {}
        rows = self.answered("calibration").rows
        if {id_: group for id_, (_, group) in split.items()} != {
            row.id: group_digest(row.group) for row in rows
        }:
            what = f"{TERMS_FILE} is not what its verdict was judged by: other calibration cases"
            raise ReleaseRefused(what, where=self.workflow, fix=RESTORE)
        return split

    def _rows(self, model: Model) -> Path:
        return self.proof.folder / "rows" / f"{model}.jsonl"


def _named(path: Path, model: Model) -> dict[str, str]:
    """The evidence of one model's answers, as packaging wrote it down."""
    named = read_json(path, made_by=stage_command("register", path)).get(model)
    if not isinstance(named, dict) or not all(isinstance(one, str) for one in named.values()):
        raise InputError(f"no evidence of the {model}", where=path)
    return named
