"""Register: a candidate that passed → a version in MLflow that answers its smoke input."""

from dslm.cli.stage import stage_main
from dslm.settings.workspace import Workspace


def body(ws: Workspace) -> None:
    """Compare digests, upload, read back, answer."""
    from dslm.releasing.pyfunc import answer
    from dslm.releasing.registering import loosened, register

    release = register(ws, answer)
    print(f"register {ws.workflow}: version {release.version}, {release.status}")
    for line in loosened(ws):
        print(line)


if __name__ == "__main__":
    stage_main("register", __doc__, body)
