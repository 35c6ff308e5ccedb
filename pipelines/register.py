"""Register: a candidate that passed → a version in MLflow that answers its smoke input."""

from dslm.cli.shell.stage_entry import stage_main
from dslm.settings.workspace import Workspace


def body(ws: Workspace) -> None:
    """Compare digests, upload, read back, answer; say which version the workflow has of it."""
    from dslm.releasing.package.registration import loosened, register
    from dslm.releasing.pyfunc import answer
    from dslm.reporting.registration_lines import last_receipt, registration_told

    receipt = last_receipt(ws)
    release = register(ws, answer)
    print(*registration_told(ws, release, receipt), sep="\n")
    for line in loosened(ws):
        print(line)


if __name__ == "__main__":
    stage_main("register", __doc__, body)
