"""Curate: sources → train, validation and calibration splits, free of gold."""

from dslm.cases import read_labelled
from dslm.cli.stage import stage_main
from dslm.contract import load_contract
from dslm.curation.pipeline import curate, write_curated
from dslm.settings.workspace import Workspace
from dslm.stage import whole_folder


def body(ws: Workspace) -> None:
    """Read, check, drop with a reason, split."""
    contract = load_contract(ws.contract)
    curated = curate(contract, ws.data, read_labelled(ws.gold, contract))
    with whole_folder(ws.curated, curated.inputs) as folder:
        write_curated(curated, folder)
    splits = ("train", "validation", "calibration")
    kept = ", ".join(f"{name} {len(getattr(curated, name))}" for name in splits)
    print(f"curate {ws.workflow}: {kept}, dropped {len(curated.ledger.drops)}")


if __name__ == "__main__":
    stage_main("curate", __doc__, body)
