"""Score base: the prompt-only base model over gold → per-case rows."""

from dslm.cases import read_labelled, write_records
from dslm.cli.stage import stage_main
from dslm.contract import load_contract
from dslm.evidence import data_digest
from dslm.progress import Progress
from dslm.provenance import digest_file
from dslm.settings.workspace import Workspace
from dslm.stage import whole_folder


def body(ws: Workspace) -> None:
    """Answer gold with the untrained model, told task, schema and examples."""
    from dslm.inference.loading import load_prompted_base
    from dslm.scoring.rows import make_rows

    contract = load_contract(ws.contract)
    gold = read_labelled(ws.gold, contract)
    decider = load_prompted_base(ws)
    with Progress("score base", len(gold), "cases") as bar:
        predictions = decider.predict([case.input for case in gold], bar.advance)
    evidence = dict(decider.identity) | {
        "data": data_digest(ws.curated),  # the examples in its prompt come from there
        "gold": digest_file(ws.gold),
        "lock": digest_file(ws.lock),
        "threshold": str(decider.threshold),
    }
    with whole_folder(ws.scores("base"), evidence) as folder:
        write_records(folder / "rows.jsonl", make_rows(contract, gold, predictions, 0.0))
    print(f"score_base {ws.workflow}: {len(gold)} cases")


if __name__ == "__main__":
    stage_main("score_base", __doc__, body)
