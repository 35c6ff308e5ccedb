"""Calibrate: adapter and calibration split → the confidence from which an answer may proceed."""

from dslm.cases import read_labelled, write_records
from dslm.cli.stage import stage_main
from dslm.contract import load_contract
from dslm.contract.deciding import NEVER
from dslm.evidence import data_digest
from dslm.progress import Progress
from dslm.provenance import digest_file, write_atomic
from dslm.settings.workspace import Workspace
from dslm.stage import whole_folder


def body(ws: Workspace) -> None:
    """Answer the split, then certify a threshold."""
    from dslm.inference.loading import load_candidate
    from dslm.scoring.calibration import calibrate
    from dslm.scoring.rows import make_rows

    contract = load_contract(ws.contract)
    cases = read_labelled(ws.curated / "calibration.jsonl", contract)
    decider = load_candidate(ws, threshold=NEVER)
    with Progress("calibrate", len(cases), "cases") as bar:
        predictions = decider.predict([case.input for case in cases], bar.advance)
    rows = make_rows(contract, cases, predictions, NEVER)
    evidence = dict(decider.identity) | {
        "data": data_digest(ws.curated),
        "calibration_cases": digest_file(ws.curated / "calibration.jsonl"),
        "lock": digest_file(ws.lock),
        "threshold": str(NEVER),
    }
    with whole_folder(ws.scores("calibration"), evidence) as folder:
        write_records(folder / "rows.jsonl", rows)
    calibration = calibrate(contract, rows, evidence)
    write_atomic(ws.calibration, calibration.model_dump_json(indent=2) + "\n")
    print(f"calibrate {ws.workflow}: {calibration.why}")


if __name__ == "__main__":
    stage_main("calibrate", __doc__, body)
