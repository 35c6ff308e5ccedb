"""Makes a repository of the recorded runs: what the stages leave behind, with recorded answers.

Takes a folder; gives its workspace, scored and ready for the gate. In place of a model stands
`Recorded`; rows, calibration, scorecard and evidence are made by the functions that the stages
call, with the code that is installed. Called by `dslm demo`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from dslm.cases import read_labelled, read_records
from dslm.contract import load_contract
from dslm.contract.answers.decision import NEVER
from dslm.contract.model.contract_model import Contract
from dslm.evidence import (
    CHAMPION_FILE,
    Calibration,
    ChampionRelease,
    Evidence,
    adapter_digests,
    code_digest,
    data_digest,
    load_calibration,
    release_digest,
)
from dslm.provenance import digest_bytes, digest_file, write_atomic, write_manifest
from dslm.records import Baseline, Case, Prediction, Row
from dslm.scoring.base_calibration import calibrate_base, in_drawn_order
from dslm.scoring.calibration import calibrate
from dslm.scoring.dvc_metrics_files import curve, field_f1, metrics
from dslm.scoring.rows.answer_cases import answer_cases
from dslm.scoring.rows.scored_rows import make_rows
from dslm.scoring.scorecard import make_scorecard
from dslm.scoring.scorecard_verification import ROWS, answers_digest, models_scored, read_rows
from dslm.settings.params import recipe_of
from dslm.settings.workspace import Workspace

WORKFLOW = "demo_invoices"
CHAMPION_VERSION = 1
ENGINE = {"packages": "recorded answers", "device": "none"}
PARAMS = f"workflows:\n  {WORKFLOW}: {{recipe: recorded}}\n"
NO_WEIGHTS = "No weights: the answers were drawn by `python -m dslm.examples.recorded_runs`.\n"
MODEL = ("base", "tokenizer", "template")


def shipped() -> Traversable:
    """The folder with the recorded files."""
    return resources.files("dslm.examples.recorded_runs")


@dataclass(frozen=True)
class Recorded:
    """Answers as they were recorded, in place of a model."""

    contract: Contract
    threshold: float
    identity: Mapping[str, str]
    answers: Sequence[Prediction]

    def predict(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> list[Prediction]:
        """One answer an input, in the order they were recorded."""
        if len(texts) != len(self.answers):
            raise ValueError(f"{len(self.answers)} recorded answers to {len(texts)} inputs")
        if progress is not None:
            progress(len(texts))
        return list(self.answers)


def replay(root: Path) -> Workspace:
    """A repository of the recorded runs, scored.

    Args:
        root: A new or empty folder.
    """
    ws = Workspace(root, WORKFLOW)
    _write_documents(ws)
    contract = load_contract(ws.contract)
    gold = read_labelled(ws.gold, contract)
    held_out = read_labelled(ws.curated / "calibration.jsonl", contract)
    _train(ws)
    threshold = _calibrate(ws, contract, held_out)
    asked = {"gold": digest_file(ws.gold)}
    _score_base(ws, contract, gold, held_out)
    _score_champion(ws, contract, gold, held_out)
    candidate = Recorded(contract, threshold.cutoff, _identity(ws, contract), _said("candidate"))
    _, evidence = answer_cases(
        ws, "candidate", candidate, gold, asked | {"calibration": digest_file(ws.calibration)}
    )
    _aggregate(ws, contract, gold, threshold, evidence)
    return ws


def _said(name: str) -> list[Prediction]:
    with resources.as_file(shipped() / f"{name}.jsonl") as path:
        return list(read_records(path, Prediction))


def _write_documents(ws: Workspace) -> None:
    """What a team would write, and what curation would leave."""
    copied = {
        "workflow.yaml": ws.contract, "gate.yaml": ws.policy, "gold.jsonl": ws.gold,
        "calibration.jsonl": ws.curated / "calibration.jsonl",
        "recipe.yaml": ws.root / "recipes" / "recorded.yaml",
    }  # fmt: skip
    for name, path in copied.items():
        write_atomic(path, (shipped() / name).read_bytes())
    write_atomic(ws.waivers, "waivers: []\n")
    write_atomic(ws.root / "params.yaml", PARAMS)
    write_atomic(ws.lock, "# nothing was installed for recorded answers\n")
    for split in ("train", "validation"):
        write_atomic(ws.curated / f"{split}.jsonl", "")
    _write_books(ws)
    write_manifest(ws.curated, {})


def _write_books(ws: Workspace) -> None:
    """What curation would say that it kept."""
    held_out = read_labelled(ws.curated / "calibration.jsonl", load_contract(ws.contract))
    groups = {case.input for case in held_out}  # the contract names none: equal texts are one
    book = {"kept": {"calibration": len(held_out)}, "groups": {"calibration": len(groups)},
            "cases": []}  # fmt: skip
    write_atomic(ws.curated / "ledger.json", json.dumps(book, indent=2) + "\n")


def _train(ws: Workspace) -> None:
    """What stands in place of an adapter."""
    write_atomic(ws.adapter / "README.md", NO_WEIGHTS)
    made_from = _stand_ins(MODEL) | {
        "recipe": recipe_of(ws).digest(), "data": data_digest(ws.curated)
    }  # fmt: skip
    write_manifest(ws.adapter, made_from)


def _stand_ins(keys: Sequence[str], of: str = "both runs") -> dict[str, str]:
    """Digests that stand for what recorded answers do not have."""
    return {key: digest_bytes(f"{key} of {of}: none, recorded".encode()) for key in keys}


def _identity(ws: Workspace, contract: Contract, *, adapter: bool = True) -> dict[str, str]:
    """What a decider of this repository would say of itself."""
    made = adapter_digests(ws.adapter)
    kept = made if adapter else {key: made[key] for key in (*MODEL, "data")}
    return kept | ENGINE | {
        "contract": contract.digest(), "plan": recipe_of(ws).plan_digest(), "code": code_digest(),
    }  # fmt: skip


def _calibrate(ws: Workspace, contract: Contract, held_out: list[Case]) -> Calibration:
    """As the calibrate stage does."""
    asked = {"calibration_cases": digest_file(ws.curated / "calibration.jsonl")}
    decider = Recorded(contract, NEVER, _identity(ws, contract), _said("candidate-calibration"))
    rows, evidence = answer_cases(ws, "calibration", decider, held_out, asked)
    made = calibrate(contract, rows, evidence)
    write_atomic(ws.calibration, made.model_dump_json(indent=2) + "\n")
    return load_calibration(ws.calibration)


def _score_base(ws: Workspace, contract: Contract, gold: list[Case], held_out: list[Case]) -> None:
    """As the score_base stage does; there are too few cases to give it up early."""
    own = _identity(ws, contract, adapter=False)
    asked = {"calibration_cases": digest_file(ws.curated / "calibration.jsonl")}
    said = {case.id: one for case, one in zip(held_out, _said("base-calibration"), strict=True)}
    drawn = in_drawn_order(held_out)
    decider = Recorded(contract, NEVER, own, [said[case.id] for case in drawn])
    rows, named = answer_cases(ws, "base_calibration", decider, drawn, asked)
    cutoff = calibrate_base(contract, rows, len(held_out), named).cutoff
    certified = answers_digest(ws.scores("base_calibration") / ROWS, named)
    judged = {"gold": digest_file(ws.gold), "calibration": certified}
    answer_cases(ws, "base", Recorded(contract, cutoff, own, _said("base")), gold, judged)


def _score_champion(
    ws: Workspace, contract: Contract, gold: list[Case], held_out: list[Case]
) -> None:
    """The release that serves: its own calibration, its own digest, its answers on this gold."""
    own = _identity(ws, contract) | _stand_ins(("adapter", "data", "recipe"), "the champion")
    lock = {"lock": digest_file(ws.lock)}
    asked = {"calibration_cases": digest_file(ws.curated / "calibration.jsonl")}
    named = Evidence.of("calibration", own, asked, lock, {"threshold": str(NEVER)}).named()
    rows = make_rows(contract, held_out, _said("champion-calibration"), NEVER)
    made = calibrate(contract, rows, named)
    text = made.model_dump_json(indent=2) + "\n"
    judged = {"gold": digest_file(ws.gold), "calibration": digest_bytes(text.encode())}
    threshold = {"threshold": str(made.cutoff)}
    says = ChampionRelease(
        evidence=Evidence.of("candidate", own, judged, lock, threshold).named(),
        calibration=text, plan=own["plan"], recipe=own["recipe"], data=own["data"],
    )  # fmt: skip
    digest = release_digest(ws.workflow, says.evidence)
    champion = Baseline(
        version=CHAMPION_VERSION, digest=digest, contract_version=contract.version
    )  # fmt: skip
    for path in (ws.baseline, ws.champion):
        write_atomic(path, champion.model_dump_json(indent=2) + "\n")
    decider = Recorded(contract, made.cutoff, own, _said("champion"))
    beside = {CHAMPION_FILE: says.model_dump_json(indent=2) + "\n"}
    answer_cases(ws, "champion", decider, gold, judged | {"release": digest}, beside)


def _aggregate(
    ws: Workspace,
    contract: Contract,
    gold: list[Case],
    calibration: Calibration,
    evidence: Mapping[str, str],
) -> None:
    """Scorecard and plots, as the score stage writes them."""
    rows: dict[str, list[Row]] = {model: read_rows(ws, model)[0] for model in models_scored(ws)}
    card = make_scorecard(
        contract, gold, threshold=calibration.threshold, rows_by_model=rows, evidence=evidence
    )  # fmt: skip
    drawn = {
        "plots/risk_coverage": curve(rows["candidate"]),
        "plots/fields": field_f1(card),
        "metrics": metrics(card),
    }
    for name, value in drawn.items():
        write_atomic(ws.results / f"{name}.json", json.dumps(value, indent=1) + "\n")
    write_atomic(ws.results / "scorecard.json", card.model_dump_json(indent=2) + "\n")
