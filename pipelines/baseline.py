"""Baseline: which release the candidate is compared with."""

from dslm.cli.shell.stage_entry import stage_main
from dslm.provenance import write_atomic
from dslm.settings.workspace import Workspace


def body(ws: Workspace) -> None:
    """The champion, unless the champion is this very candidate."""
    from dslm.releasing.moves.baseline import choose_baseline

    baseline = choose_baseline(ws)
    write_atomic(ws.baseline, baseline.model_dump_json(indent=2) + "\n")
    named = f"version {baseline.version}" if baseline.version else "none, this is the first release"
    print(f"baseline {ws.workflow}: {named}")


if __name__ == "__main__":
    stage_main("baseline", __doc__, body)
