"""Calibrate: adapter and calibration split → the confidence from which an answer may proceed."""

from dslm.cases import read_labelled
from dslm.cli.shell.stage_entry import stage_main
from dslm.contract.answers.decision import NEVER
from dslm.provenance import digest_file, write_atomic
from dslm.settings.workspace import Workspace


def body(ws: Workspace) -> None:
    """Answer the split, then certify a threshold."""
    from dslm.inference.decider_loading import load_candidate
    from dslm.looks.asked_certificates import keep_asked
    from dslm.looks.calibration_looks import calibration_ledger, count_calibration
    from dslm.scoring.calibration import calibrate
    from dslm.scoring.rows.answer_cases import answer_cases

    calibration_ledger(ws).read()  # a broken one is told before anything is answered
    decider = load_candidate(ws, threshold=NEVER)
    path = ws.curated / "calibration.jsonl"
    digests = {"calibration_cases": digest_file(path)}
    cases = read_labelled(path, decider.contract)
    rows, evidence = answer_cases(ws, "calibration", decider, cases, digests)
    number = count_calibration(ws, evidence, cases)
    keep_asked(ws, evidence, decider.contract.decision)
    calibration = calibrate(decider.contract, rows, evidence, number)
    write_atomic(ws.calibration, calibration.model_dump_json(indent=2) + "\n")
    print(f"calibrate {ws.workflow}: {calibration.why}")


if __name__ == "__main__":
    stage_main("calibrate", __doc__, body)
