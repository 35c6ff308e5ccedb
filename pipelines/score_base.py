"""Score base: the prompt-only base model over gold → per-case rows."""

from dslm.cases import read_labelled
from dslm.cli.stage import stage_main
from dslm.evidence import data_digest
from dslm.provenance import digest_file
from dslm.settings.workspace import Workspace


def body(ws: Workspace) -> None:
    """Answer gold with the untrained model, told task, schema and examples."""
    from dslm.inference.loading import load_prompted_base
    from dslm.scoring.running import answer_cases

    decider = load_prompted_base(ws)
    gold = read_labelled(ws.gold, decider.contract)
    # `data`: the examples in its prompt come from there
    digests = {"data": data_digest(ws.curated), "gold": digest_file(ws.gold)}
    rows, _ = answer_cases(ws, "base", decider, gold, digests)
    print(f"score_base {ws.workflow}: {len(rows)} cases")


if __name__ == "__main__":
    stage_main("score_base", __doc__, body)
