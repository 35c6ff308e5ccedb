"""Curate: sources → train, validation and calibration splits, free of gold."""

from dslm.cases import read_labelled
from dslm.cli.stage import stage_main
from dslm.contract import load_contract
from dslm.curation.engine import Engine
from dslm.curation.pipeline import curate
from dslm.settings.params import load_params
from dslm.settings.workspace import Workspace
from dslm.stage import whole_folder


def body(ws: Workspace) -> None:
    """Read, check, drop with a reason, split."""
    contract = load_contract(ws.contract)
    inputs: dict[str, str] = {}
    with whole_folder(ws.curated, inputs) as folder:
        gold = read_labelled(ws.gold, contract)
        engine = Engine.of(load_params(ws.root).curate)
        curated = curate(contract, ws.data, gold, folder, engine, review=ws.review)
        inputs |= curated.inputs
    kept = ", ".join(f"{name} {count}" for name, count in curated.ledger.kept.items())
    print(f"curate {ws.workflow}: {kept}, dropped {len(curated.ledger.drops)}")


if __name__ == "__main__":
    stage_main("curate", __doc__, body)
