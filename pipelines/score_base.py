"""Score base: the prompt-only base model over calibration split and gold → per-case rows."""

from dataclasses import replace

from dslm.cases import read_labelled
from dslm.cli.shell.stage_entry import stage_main
from dslm.evidence import data_digest
from dslm.provenance import digest_file
from dslm.settings.workspace import Workspace


def body(ws: Workspace) -> None:
    """Answer with the untrained model, told task, schema and examples; certify its threshold."""
    from dslm.contract.answers.decision import NEVER
    from dslm.inference.decider_loading import load_prompted_base
    from dslm.scoring.base_calibration import (
        FIRST,
        calibrate_base,
        in_drawn_order,
        is_hopeless,
    )
    from dslm.scoring.rows.answer_cases import Enough, answer_cases
    from dslm.scoring.scorecard_verification import ROWS, answers_digest

    decider = load_prompted_base(ws, threshold=NEVER)
    contract, data = decider.contract, {"data": data_digest(ws.curated)}  # its examples' source
    path = ws.curated / "calibration.jsonl"
    cases = in_drawn_order(read_labelled(path, contract))
    rows, named = answer_cases(
        ws, "base_calibration", decider, cases, data | {"calibration_cases": digest_file(path)},
        enough=Enough(FIRST, lambda rows: is_hopeless(contract, rows)),
    )  # fmt: skip
    calibration = calibrate_base(contract, rows, len(cases), named)
    certified = answers_digest(ws.scores("base_calibration") / ROWS, named)
    gold = read_labelled(ws.gold, contract)
    asked = data | {"gold": digest_file(ws.gold), "calibration": certified}
    answer_cases(ws, "base", replace(decider, threshold=calibration.cutoff), gold, asked)
    print(f"score_base {ws.workflow}: {calibration.why}")


if __name__ == "__main__":
    stage_main("score_base", __doc__, body)
