"""Curate: sources → train, validation and calibration splits, free of gold, and the data card."""

from dslm.cases import read_labelled
from dslm.cli.stage import stage_main
from dslm.contract import load_contract
from dslm.curation.card import describe
from dslm.curation.engine import Engine
from dslm.curation.pipeline import curate
from dslm.evidence import data_digest
from dslm.gating.reach import gold_reach
from dslm.provenance import digest_file
from dslm.settings.params import load_params
from dslm.settings.policy import load_policy
from dslm.settings.workspace import Workspace
from dslm.stage import whole_folder


def body(ws: Workspace) -> None:
    """Read, check, drop with a reason, split; then tell what the data is."""
    from dslm.reporting.data_page import write_data_card

    contract, policy = load_contract(ws.contract), load_policy(ws.policy)
    gold = read_labelled(ws.gold, contract)
    inputs: dict[str, str] = {}
    with whole_folder(ws.curated, inputs) as folder:
        engine = Engine.of(load_params(ws.root).curate)
        curated = curate(contract, ws.data, gold, folder, engine, review=ws.review)
        inputs |= curated.inputs
    digests = inputs | {"data": data_digest(ws.curated), "gold": digest_file(ws.gold)}
    reach = gold_reach(contract, gold, policy)
    write_data_card(ws, describe(contract, ws.data, ws.curated, gold, digests, reach))
    kept = ", ".join(f"{name} {count}" for name, count in curated.ledger.kept.items())
    print(
        f"curate {ws.workflow}: {kept}, dropped {len(curated.ledger.drops)}, "
        f"see {ws.data_page.relative_to(ws.root)}"
    )


if __name__ == "__main__":
    stage_main("curate", __doc__, body)
