"""Score champion: the release the candidate is compared with, over today's gold."""

import json
import tempfile
from pathlib import Path

from dslm.cases import read_labelled, read_record
from dslm.cli.stage import stage_main
from dslm.contract import Contract, load_contract
from dslm.provenance import digest_file, write_atomic
from dslm.records import Baseline
from dslm.settings.workspace import Workspace, stage_command
from dslm.stage import whole_folder


def body(ws: Workspace) -> None:
    """Fetch the baseline's files from the registry and answer gold with them."""
    baseline = read_record(ws.baseline, Baseline, missing="no baseline chosen yet",
                           fix=f"run {stage_command('baseline', ws.workflow)}")  # fmt: skip
    contract = load_contract(ws.contract)
    if baseline.version == 0 or baseline.answers_older_contract(contract.version):
        note = {"champion": baseline.version, "contract_version": baseline.contract_version}
        with whole_folder(ws.scores("champion"), {}) as folder:
            write_atomic(folder / "note.json", json.dumps(note) + "\n")
        print(f"score_champion {ws.workflow}: no champion of this contract version")
        return
    _score(ws, contract, baseline)


def _score(ws: Workspace, contract: Contract, baseline: Baseline) -> None:
    from dslm.inference.loading import load_release
    from dslm.releasing.fetching import fetch_release
    from dslm.scoring.running import answer_cases

    gold = read_labelled(ws.gold, contract)
    digests = {"gold": digest_file(ws.gold), "release": str(baseline.digest)}
    with tempfile.TemporaryDirectory() as into:
        release = fetch_release(ws, baseline, Path(into))
        decider = load_release(release, root=ws.root, contract=contract)
        rows, _ = answer_cases(ws, "champion", decider, gold, digests)
    print(f"score_champion {ws.workflow}: version {baseline.version}, {len(rows)} cases")


if __name__ == "__main__":
    stage_main("score_champion", __doc__, body)
