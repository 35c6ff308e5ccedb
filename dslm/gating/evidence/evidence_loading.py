"""Reads what the stages recorded and proves that it is of one and the same run.

Takes what the team wrote and what stages recorded, in the working tree or in a release; gives a
`GateInput`. Called by `gate` alone, for the gate stage, for registration and for promotion. Every
folder is compared with its manifest, every key of every model's evidence with what it has to be,
every number with the rows it came from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import ValidationError

from dslm.contract import Contract
from dslm.errors import Problems, ReleaseRefused
from dslm.evidence import (
    CHAMPION_FILE,
    JUDGING_CODE,
    CaseDigests,
    ChampionRelease,
    Evidence,
    Model,
    Terms,
    code_digest,
    current,
    digest_there,
    load_calibration,
    read_champion_release,
    read_evidence,
    read_json,
    read_terms,
    refuse_differences,
    refuse_others,
    release_digest,
    terms_of,
    wanted,
)
from dslm.gating.changes.changes_since_champion import changes_since
from dslm.gating.evidence.calibration_split import NOT_SHOWN, split_digests
from dslm.gating.evidence.gate_input import GateInput
from dslm.gating.evidence.same_engine import named_answers, refuse_other_engine
from dslm.looks.asked_certificates import asked_before
from dslm.looks.calibration_looks import refuse_uncounted_calibration
from dslm.looks.look_ledger import Ledger, candidate_digest
from dslm.provenance import digest_file, digest_json
from dslm.records import Baseline, Case, Champion, Look, Row
from dslm.scoring.scorecard_verification import (
    Recorded,
    WorkingTree,
    base_threshold,
    read_scorecard,
    run_differences,
)
from dslm.settings.gate_policy import GatePolicy
from dslm.settings.waivers import Waiver
from dslm.settings.workspace import Workspace, stage_command

NO_BASELINE = Baseline()
Named = TypeVar("Named", bound=Baseline)


@dataclass(frozen=True)
class Documents:
    """What the team wrote: what is asked, and of what.

    `digests` names what a verdict depends on beyond the answers: policy, waivers, judging code;
    `today` is the day until which waivers have to hold. `ledger` has who looked at gold before,
    `look` is the one of a verdict that is reached again.
    """

    contract: Contract
    gold: tuple[Case, ...]
    policy: GatePolicy
    waivers: tuple[Waiver, ...]
    digests: Mapping[str, str]
    today: dt.date
    ledger: Ledger
    look: Look | None = None


class Run(Recorded, Protocol):
    """A run that can be judged: what stages recorded, and what that has to be of."""

    @property
    def workflow(self) -> str:
        """Whose it is."""

    def candidate(self) -> dict[str, str]:
        """What the candidate's evidence has to say: every key but the engine's."""

    def baseline(self) -> Baseline:
        """What the candidate is compared with."""

    def refuse_baseline(self, baseline: Baseline, candidate: Mapping[str, str]) -> None:
        """Refuse to compare with anything but the release that serves."""

    def champion(self, baseline: Baseline) -> ChampionRelease:
        """What the baseline's release says of itself, proved by its digest."""

    def anchor_release(self, baseline: Baseline) -> ChampionRelease:
        """The same of the anchor release, where that is another."""

    def terms(self, baseline: Baseline, digest: str) -> Terms:
        """What the baseline's release was held to, proved by its digest."""

    def calibration_split(self, contract: Contract) -> CaseDigests:
        """The cases that the threshold was certified on."""


@dataclass(frozen=True)
class LatestRun(WorkingTree):
    """The newest run of a workflow, in its working tree."""

    @property
    def workflow(self) -> str:
        """Whose it is."""
        return self.ws.workflow

    def candidate(self) -> dict[str, str]:
        """What the candidate's evidence has to say, by what lies there now."""
        return current(self.ws)

    def baseline(self) -> Baseline:
        """What the baseline stage chose."""
        return read_baseline(self.ws)

    def refuse_baseline(self, baseline: Baseline, candidate: Mapping[str, str]) -> None:
        """Refuse what is not the champion that git knows.

        The champion itself keeps the comparison that let it in; it is told by its digest.
        """
        champion = _champion_of(self.ws)
        if baseline == champion:
            return
        if champion.version and release_digest(self.workflow, candidate) == champion.digest:
            return
        what = f"names {_worded(baseline)}, {self.ws.champion.name} names {_worded(champion)}"
        raise ReleaseRefused(
            what, where=self.ws.baseline, fix=f"run {stage_command('baseline', self.workflow)}"
        )

    def champion(self, baseline: Baseline) -> ChampionRelease:
        """What the score_champion stage kept of it."""
        path = self.ws.scores("champion") / CHAMPION_FILE
        return read_champion_release(path, self.workflow, baseline.digest)

    def anchor_release(self, baseline: Baseline) -> ChampionRelease:
        """What the score_champion stage kept of the anchor release."""
        path = self.ws.scores("anchor") / CHAMPION_FILE
        return read_champion_release(path, self.workflow, digest_of_anchor(baseline))

    def terms(self, baseline: Baseline, digest: str) -> Terms:
        """What promotion kept of it; a candidate that serves by now was compared with another."""
        before = self.ws.terms_before
        theirs = before.is_file() and digest_file(before) == digest
        fix = f"`git checkout` on it, or promote version {baseline.version} again"
        path = before if theirs else self.ws.terms
        return read_terms(path, self.workflow, digest, fix=fix)

    def calibration_split(self, contract: Contract) -> CaseDigests:
        """As curation left it."""
        return split_digests(self.ws, contract)


def digest_of_anchor(baseline: Baseline) -> str | None:
    """The digest of the anchor release; None where the baseline is it, or names none."""
    anchor = baseline.other_anchor
    return None if anchor is None else anchor.digest


def _worded(one: Baseline) -> str:
    if not one.version:
        return "no champion"
    of = "" if one.contract_version is None else f" of contract version {one.contract_version}"
    return f"version {one.version} ({str(one.digest)[:15]}…){of}"


def _record(path: Path, made_by: str, kind: type[Named]) -> Named:
    value = read_json(path, made_by=made_by)
    if "version" not in value:
        raise ReleaseRefused("names no version", where=path, fix=f"run {made_by}")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        what = f"no baseline: {error.errors()[0]['msg']}"
        raise ReleaseRefused(what, where=path, fix=f"run {made_by}") from None


def read_baseline(ws: Workspace) -> Baseline:
    """What the candidate is compared with.

    Raises:
        ReleaseRefused: It is missing or broken: "no champion" has to be said, not left out.
    """
    return _record(ws.baseline, stage_command("baseline", ws.workflow), Baseline)


def _champion_of(ws: Workspace) -> Baseline:
    """The release that serves, as git has it."""
    return _record(ws.champion, "`git checkout` on it", Champion).release()


def collect_evidence(run: Run, documents: Documents) -> GateInput:
    """All evidence of a run, proved.

    Raises:
        ReleaseRefused: Something is missing, or is outdated evidence.
        InputError: A stage's output is not there or not whole.
    """
    candidate, baseline = run.candidate(), run.baseline()
    run.refuse_baseline(baseline, candidate)
    evidence = _proved(run, candidate, baseline, documents.contract)
    card = read_scorecard(run.scorecard)
    said = read_evidence(card.evidence, what="the scorecard")
    refuse_differences(said.named(), evidence["candidate"].named(), what="the scorecard")
    if found := run_differences(run, documents.contract, documents.gold):
        raise Problems([ReleaseRefused(difference) for difference in found])
    split = run.calibration_split(documents.contract)
    named = {
        **evidence["candidate"].named(),
        **documents.digests,
        "calibration_split": digest_json(split),
        "scorecard": digest_there(run.scorecard, fix=f"run {stage_command('score', run.workflow)}"),
        **{f"rows_{model}": run.answered(model).digest for model in evidence},
    }
    rows: dict[str, Sequence[Row]] = {m: run.answered(m).rows for m in run.models()}
    pair = named["gold"], candidate_digest(named)
    look = documents.ledger.sight(*pair, documents.gold, documents.look)
    calibration = load_calibration(run.calibration)
    most = documents.contract.decision.calibrations
    refuse_uncounted_calibration(
        documents.ledger.folder, calibration.evidence, calibration.number, most
    )
    otherwise = asked_before(
        documents.ledger.folder, calibration.evidence, documents.contract.decision
    )
    then = run.terms(baseline, baseline.terms) if baseline.terms else None
    unshown = [] if then and then.calibration else [NOT_SHOWN]
    now = terms_of(documents.contract, documents.gold, documents.policy, named, split)
    return GateInput(
        documents.contract,
        documents.gold,
        card,
        rows,
        baseline,
        named,
        threshold="; ".join([calibration.why, *otherwise, *unshown]),
        changes=changes_since(baseline, then, now),
        look=look,
    )


def _proved(
    run: Run, candidate: Mapping[str, str], baseline: Baseline, contract: Contract
) -> dict[Model, Evidence]:
    """The evidence of every model's answers, each key compared."""
    models: list[Model] = ["calibration", "base_calibration", *run.models()]
    found = {
        model: read_evidence(run.answered(model).evidence, what=named_answers(model))
        for model in models
    }
    champion = run.champion(baseline) if "champion" in found else None
    anchor = run.anchor_release(baseline) if "anchor" in found else None
    split = run.calibration_cases
    cases = (
        None
        if split is None
        else digest_there(split, fix=f"run {stage_command('curate', run.workflow)}")
    )
    base = base_threshold(run, contract)
    asked = wanted(candidate, found, base, champion, cases, run.workflow, anchor)
    for model, evidence in found.items():
        refuse_others(evidence, asked[model], what=named_answers(model))
    for model, evidence in found.items():
        refuse_other_engine(run.workflow, model, evidence, found["candidate"])
    return found


def judging_digests(policy: GatePolicy, waivers: Path) -> dict[str, str]:
    """What a verdict depends on beyond answers and gold."""
    return {
        "policy": policy.digest(),
        "waivers": digest_there(waivers, fix="correct it"),
        "gating": code_digest(JUDGING_CODE),
    }
