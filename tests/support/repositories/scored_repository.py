"""The repository of `mini` as the score stage leaves it, answers chosen by the test, no model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dslm import evidence
from dslm.cases import read_labelled, write_records
from dslm.contract.answers.decision import NEVER
from dslm.evidence import CHAMPION_FILE, ChampionRelease, Evidence, Model, release_digest
from dslm.provenance import digest_bytes, digest_file, write_atomic, write_manifest
from dslm.records import Baseline, Case, Row
from dslm.scoring import calibrate, make_scorecard
from dslm.scoring.base_calibration import in_drawn_order
from dslm.scoring.scorecard_verification import ROWS, answers_digest
from dslm.settings.gate_policy import load_policy
from dslm.settings.params import recipe_of
from dslm.settings.workspace import Workspace
from support.repositories.scored_rows import MINI, cases, first, rows_of
from support.repositories.small_repository import make_repository

GOLD = cases(200, groups=100)
CALIBRATION = cases(120, prefix="c")
FORTY = cases(40)  # of gold, and thirty of calibration: as few as can pass
THIRTY = cases(30, prefix="c")
PAIRS = cases(68, groups=34)  # as few groups of two as can pass
ENGINE = {"packages": "torch 2.13.0, transformers 5.17.0", "device": "cpu"}
SURE = 0.99


def digest_of(name: str) -> str:
    """A digest that stands for something."""
    return digest_bytes(name.encode())


def seal_rows(ws: Workspace, model: str, rows: Sequence[Row], inputs: Mapping[str, str]) -> None:
    """Rows of one model as a stage writes them."""
    write_records(ws.scores(model) / "rows.jsonl", rows)
    write_manifest(ws.scores(model), inputs)


def seal_again(ws: Workspace, model: str, **changes: str) -> None:
    """A model's folder sealed anew as it lies there, with some of its evidence changed."""
    write_manifest(ws.scores(model), inputs_of(ws, model) | changes)


def inputs_of(ws: Workspace, model: str) -> dict[str, str]:
    """The evidence that the rows of a model name."""
    found: dict[str, str] = json.loads((ws.scores(model) / "MANIFEST.json").read_text())["inputs"]
    return found


def curate(
    ws: Workspace, gold: Sequence[Case], calibration: Sequence[Case], day: str = "today"
) -> None:
    """What curation leaves."""
    write_records(ws.gold, gold)
    write_atomic(ws.lock, "dslm==0.1.0\n")
    seal_curated(ws, calibration, {n: [learnt(f"{n} of {day}")] for n in ("train", "validation")})


def learnt(name: str) -> Case:
    """A case that was learnt from, of a group of its own."""
    return Case(id=name, input=f"{digest_of(name)}.", meta={"sender": name})


def seal_curated(
    ws: Workspace, calibration: Sequence[Case], learnt_from: Mapping[str, Sequence[Case]]
) -> None:
    """The splits with books that fit, sealed."""
    groups = len({case.meta.get("sender") for case in calibration})
    for name, found in {**learnt_from, "calibration": calibration}.items():
        write_records(ws.curated / f"{name}.jsonl", found)
    book = {"kept": {"calibration": len(calibration)}, "groups": {"calibration": groups}}
    write_atomic(ws.curated / "ledger.json", json.dumps(book | {"cases": []}) + "\n")
    write_manifest(ws.curated, {})


def train(ws: Workspace, weights: bytes = b"weights") -> None:
    """What training leaves."""
    ws.adapter.mkdir(parents=True, exist_ok=True)
    (ws.adapter / "adapter_model.safetensors").write_bytes(weights)
    for name in ("adapter_config.json", "training.json"):
        write_atomic(ws.adapter / name, "{}\n")
    made_from = {key: digest_of(key) for key in evidence.TRAINED_FROM}
    recipe = recipe_of(ws).digest()
    made_from |= {"recipe": recipe, "data": evidence.data_digest(ws.curated)}
    write_manifest(ws.adapter, made_from)


def identity_of(ws: Workspace, *, adapter: bool = True) -> dict[str, str]:
    """What a decider of the working tree says of itself."""
    made = evidence.adapter_digests(ws.adapter)
    if not adapter:
        made = {key: made[key] for key in ("base", "tokenizer", "template", "data")}
    return made | ENGINE | {
        "contract": MINI.digest(),
        "plan": recipe_of(ws).plan_digest(),
        "code": evidence.code_digest(),
        "lock": digest_file(ws.lock),
    }  # fmt: skip


def calibrated(ws: Workspace, calibration: Sequence[Case], latency: float = 120.0) -> None:
    """What the calibrate stage leaves: every answer right, so that `SURE` is certified."""
    right = first(len(calibration), len(calibration))
    rows = rows_of(calibration, right, threshold=NEVER, latency=latency)
    asked = {"calibration_cases": digest_file(ws.curated / "calibration.jsonl")}
    named = Evidence.of("calibration", identity_of(ws), asked, {"threshold": str(NEVER)}).named()
    seal_rows(ws, "calibration", rows, named)
    write_atomic(ws.calibration, calibrate(MINI, rows, named).model_dump_json() + "\n")


def calibrated_base(ws: Workspace, latency: float = 120.0) -> str:
    """What certifies `SURE` for the base too, and the digest of it."""
    cases = in_drawn_order(read_labelled(ws.curated / "calibration.jsonl", MINI))
    rows = rows_of(cases, first(len(cases), len(cases)), threshold=NEVER, latency=latency)
    asked = {"calibration_cases": digest_file(ws.curated / "calibration.jsonl")}
    own = identity_of(ws, adapter=False)
    named = Evidence.of("base_calibration", own, asked, {"threshold": str(NEVER)}).named()
    seal_rows(ws, "base_calibration", rows, named)
    return answers_digest(ws.scores("base_calibration") / ROWS, named)


@dataclass(frozen=True)
class Champion:
    """A release that serves, and how git names it."""

    says: ChampionRelease
    baseline: Baseline


def make_champion(threshold: float = 0.5, day: str = "today") -> Champion:
    """A champion of the format that came before the first."""
    named = {
        key: digest_of(f"older {key} of {day}")
        for key in ("adapter", *evidence.TRAINED_FROM, "plan")
    }
    calibration = json.dumps({"threshold": threshold, "evidence": dict(named)})
    named |= {"code": digest_of("older code"), "calibration": digest_bytes(calibration.encode())}
    digest = release_digest("mini", named)
    baseline = Baseline(version=3, digest=digest, contract_version=1)
    files = {key: named[key] for key in ("plan", "recipe", "data")}
    says = ChampionRelease(evidence=named, calibration=calibration, **files)
    return Champion(says, baseline)


def held_to(ws: Workspace, champion: Champion, gold: Sequence[Case], day: str) -> Champion:
    """The champion with what it was held to, kept as promotion keeps it."""
    calibration = read_labelled(ws.curated / "calibration.jsonl", MINI)
    split = evidence.case_digests_of(MINI, calibration)
    made_from = {key: digest_of(f"older {key} of {day}") for key in evidence.MADE_FROM}
    text = evidence.terms_of(MINI, gold, load_policy(ws.policy), made_from, split).text()
    write_atomic(ws.terms, text)
    terms = {"terms": digest_bytes(text.encode())}
    return Champion(champion.says, champion.baseline.model_copy(update=terms))


def finish_scoring(
    root: Path,
    *,
    champion: Sequence[bool] | None = None,
    gold: Sequence[Case] = GOLD,
    calibration: Sequence[Case] = CALIBRATION,
    day: str = "today",
) -> Workspace:
    """A scored candidate: 95 % right, the base 30 %; a champion if its answers are given.

    Another day has other weights, packages, times and another champion.
    """
    ws = make_repository(root)
    curate(ws, gold, calibration, day)
    write_atomic(ws.lock, f"dslm==0.1.0  # {day}\n")
    train(ws, f"weights of {day}".encode())
    latency = 120.0 + len(day)
    calibrated(ws, calibration, latency)
    serves = None if champion is None else held_to(ws, make_champion(day=day), gold, day)
    baseline = Baseline() if serves is None else serves.baseline
    for path in (ws.baseline, ws.champion):
        write_atomic(path, baseline.model_dump_json() + "\n")
    flags = first(len(gold) * 95 // 100, len(gold))
    score(ws, flags, champion=champion, serves=serves, gold=gold, latency=latency)
    return ws


def _identity(ws: Workspace, one: Champion) -> tuple[dict[str, str], dict[str, str]]:
    """What a release's decider says of itself here, and what it is asked with."""
    own = one.says.evidence
    made = {key: own[key] for key in ("adapter", *evidence.TRAINED_FROM, "plan")}
    asked = {"release": str(one.baseline.digest), "calibration": own["calibration"]}
    return identity_of(ws) | made, asked


def score(
    ws: Workspace,
    right: Sequence[bool],
    *,
    champion: Sequence[bool] | None = None,
    serves: Champion | None = None,
    gold: Sequence[Case] = GOLD,
    latency: float = 120.0,
    anchor: tuple[Sequence[bool], Champion] | None = None,
) -> None:
    """Rows of all models and the scorecard, as of the working tree now."""
    serves, asked = serves or make_champion(), {"gold": digest_file(ws.gold)}
    calibration = {"calibration": digest_file(ws.calibration)}
    bases = {"calibration": calibrated_base(ws, latency)}
    releases: dict[str, Champion] = {"champion": serves}
    flags_of = {"champion": champion}
    if anchor is not None:
        flags_of["anchor"], releases["anchor"] = anchor
    own = identity_of(ws, adapter=False)
    models: dict[Model, tuple[Sequence[bool] | None, float, dict[str, str], dict[str, str]]] = {
        "candidate": (right, SURE, identity_of(ws), calibration),
        "base": (first(len(gold) * 3 // 10, len(gold)), SURE, own, bases),
        **{m: (flags_of[m], one.says.threshold().cutoff, *_identity(ws, one))
           for m, one in releases.items()},
    }  # fmt: skip
    rows: dict[str, list[Row]] = {}
    for model, (flags, threshold, identity, more) in models.items():
        shutil.rmtree(ws.scores(model), ignore_errors=True)
        if flags is None:
            write_atomic(ws.scores(model) / "note.json", '{"champion": 0}\n')
            write_manifest(ws.scores(model), {})
            continue
        rows[model] = rows_of(gold, flags, threshold=threshold, latency=latency)
        if model in releases:
            text = releases[model].says.model_dump_json()
            write_atomic(ws.scores(model) / CHAMPION_FILE, text)
        named = Evidence.of(model, identity, asked, more, {"threshold": str(threshold)}).named()
        seal_rows(ws, model, rows[model], named)
    card = make_scorecard(MINI, gold, threshold=SURE, rows_by_model=rows,
                          evidence=inputs_of(ws, "candidate"))  # fmt: skip
    write_atomic(ws.results / "scorecard.json", card.model_dump_json(indent=2) + "\n")
