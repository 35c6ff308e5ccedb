"""Curate: sources → train, validation and calibration splits, free of gold, and the data card."""

from functools import partial

from dslm.cases import read_labelled
from dslm.cli.shell.stage_entry import stage_main
from dslm.contract import Contract, load_contract
from dslm.curation.books import make_data_card
from dslm.curation.filters import Limit
from dslm.curation.pipeline import curate
from dslm.curation.sources import Engine
from dslm.evidence import data_digest
from dslm.gating.power.detectable_differences import gold_reach
from dslm.provenance import digest_file
from dslm.settings.gate_policy import load_policy
from dslm.settings.params import load_params, recipe_of
from dslm.settings.workspace import Workspace
from dslm.stage import whole_folder


def limit_of(ws: Workspace, contract: Contract) -> Limit:
    """How long a row may be, told by the tokenizer of the base that will be trained."""
    from dslm.inference.base_models.base_files import load_tokenizer, locate_tokenizer
    from dslm.inference.prompts.prompt import row_lengths, tuned_prompt

    recipe = recipe_of(ws)
    files = locate_tokenizer(recipe.base, ws.root)
    measure = partial(row_lengths, load_tokenizer(files), tuned_prompt(contract))
    most = recipe.training.max_tokens
    return Limit(most, measure, files.digests() | {"max_tokens": str(most)})


def body(ws: Workspace) -> None:
    """Read, check, drop with a reason, split; then tell what the data is."""
    from dslm.reporting.data_card.data_card_page import write_data_card

    contract, policy = load_contract(ws.contract), load_policy(ws.policy)
    gold = read_labelled(ws.gold, contract)
    limit = limit_of(ws, contract)
    inputs: dict[str, str] = {}
    with whole_folder(ws.curated, inputs) as folder:
        engine = Engine.of(load_params(ws.root).curate)
        curated = curate(contract, ws.data, gold, folder, engine, review=ws.review, limit=limit)
        inputs |= curated.inputs
    digests = inputs | {"data": data_digest(ws.curated), "gold": digest_file(ws.gold)}
    reach = gold_reach(contract, gold, policy)
    write_data_card(ws, make_data_card(contract, ws.data, ws.curated, gold, digests, reach))
    kept = ", ".join(f"{name} {count}" for name, count in curated.ledger.kept.items())
    print(
        f"curate {ws.workflow}: {kept}, dropped {len(curated.ledger.drops)}, "
        f"see {ws.data_page.relative_to(ws.root)}"
    )


if __name__ == "__main__":
    stage_main("curate", __doc__, body)
