"""Score: the candidate over gold → per-case rows, scorecard and plots."""

from dslm.cases import read_labelled
from dslm.cli.shell.stage_entry import stage_main
from dslm.looks.look_ledger import candidate_digest, ledger_of
from dslm.provenance import digest_file, write_atomic
from dslm.records import Row
from dslm.settings.workspace import Workspace


def body(ws: Workspace) -> None:
    """Answer gold, then aggregate the rows of all models."""
    from dslm.inference.decider_loading import load_candidate
    from dslm.scoring.dvc_metrics_files import dvc_files
    from dslm.scoring.rows.answer_cases import answer_cases
    from dslm.scoring.scorecard import make_scorecard
    from dslm.scoring.scorecard_verification import models_scored, read_rows

    ledger = ledger_of(ws)
    ledger.read()  # a broken one is told before anything is answered
    decider = load_candidate(ws)
    contract = decider.contract
    gold = read_labelled(ws.gold, contract)
    digests = {"gold": digest_file(ws.gold), "calibration": digest_file(ws.calibration)}
    _, evidence = answer_cases(ws, "candidate", decider, gold, digests)
    ledger.record(digests["gold"], candidate_digest(evidence), gold)
    by_model: dict[str, list[Row]] = {m: read_rows(ws, m)[0] for m in models_scored(ws)}
    certified = decider.threshold if decider.threshold <= 1 else None
    card = make_scorecard(
        contract, gold, threshold=certified, rows_by_model=by_model, evidence=evidence
    )
    for name, text in dvc_files(card, by_model["candidate"]).items():
        write_atomic(ws.results / name, text)
    write_atomic(ws.results / "scorecard.json", card.model_dump_json(indent=2) + "\n")
    measured = card.models["candidate"].metrics
    shown = ("case_exact_match", "straight_through_rate", "selective_risk")
    values = ", ".join(f"{name} {_percent(measured[name].value)}" for name in shown)
    print(f"score {ws.workflow}: {values}")


def _percent(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.1%}"


if __name__ == "__main__":
    stage_main("score", __doc__, body)
