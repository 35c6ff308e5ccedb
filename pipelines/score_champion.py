"""Score champion: the release the candidate is compared with, and the anchor, over today's gold."""

import json
import tempfile
from pathlib import Path

from dslm.cases import read_labelled, read_record
from dslm.cli.stage import stage_main
from dslm.contract import Contract, load_contract
from dslm.evidence import CHAMPION_FILE, Model
from dslm.provenance import digest_file, write_atomic
from dslm.records import Baseline
from dslm.settings.workspace import Workspace, stage_command
from dslm.stage import whole_folder


def body(ws: Workspace) -> None:
    """Fetch the releases' files from the registry and answer gold with them."""
    baseline = read_record(ws.baseline, Baseline, missing="no baseline chosen yet",
                           fix=f"run {stage_command('baseline', ws.workflow)}")  # fmt: skip
    contract = load_contract(ws.contract)
    for model, release in (("champion", baseline), ("anchor", baseline.other_anchor)):
        _score_or_note(ws, contract, model, release)  # type: ignore[arg-type]  # of two names


def _score_or_note(
    ws: Workspace, contract: Contract, model: Model, release: Baseline | None
) -> None:
    """Rows of a release, or a note that there is none that can be asked."""
    if release and release.version and not release.answers_older_contract(contract.version):
        _score(ws, contract, model, release)
        return
    note = {"version": None, "contract_version": None} if release is None else {
        "version": release.version, "contract_version": release.contract_version
    }  # fmt: skip
    with whole_folder(ws.scores(model), {}) as folder:
        write_atomic(folder / "note.json", json.dumps(note) + "\n")
    other = "" if model == "champion" else " other than the champion"
    print(f"score_champion {ws.workflow}: no {model}{other} of this contract version")


def _score(ws: Workspace, contract: Contract, model: Model, baseline: Baseline) -> None:
    from dslm.inference.loading import load_release
    from dslm.releasing.fetching import fetch_release, what_it_says
    from dslm.scoring.running import answer_cases

    gold = read_labelled(ws.gold, contract)
    with tempfile.TemporaryDirectory(prefix="dslm-") as into:
        release = fetch_release(ws, baseline, Path(into))
        says = what_it_says(release)
        digests = {
            "gold": digest_file(ws.gold),
            "release": str(baseline.digest),
            "calibration": says.evidence["calibration"],
        }
        decider = load_release(release, root=ws.root, contract=contract)
        beside = {CHAMPION_FILE: says.model_dump_json(indent=2) + "\n"}
        rows, _ = answer_cases(ws, model, decider, gold, digests, beside)
    print(f"score_champion {ws.workflow}: {model} version {baseline.version}, {len(rows)} cases")


if __name__ == "__main__":
    stage_main("score_champion", __doc__, body)
