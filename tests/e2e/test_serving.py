"""A release on MLflow's own server, in an environment with nothing but `dslm[serve]`."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.processes.fresh_environment import fresh_environment
from support.releases.tiny_release import answered_release_of, make_candidate

from dslm.inference.decider_loading import load_release

pytestmark = pytest.mark.slow
AT_ONCE = 8
SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(programs: Path, release: Path) -> Iterator[str]:
    """The address of a server that answers with a release."""
    address = f"127.0.0.1:{(port := free_port())}"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_"))}
    environment |= {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    command = [programs / "mlflow", "models", "serve", "-m", release, "--env-manager", "local"]
    log = release.parent / "server.log"
    with log.open("w") as stream, subprocess.Popen(
        [*map(str, command), "-p", str(port)], cwd=release.parent, env=environment,
        stdout=stream, stderr=stream,
    ) as server:  # fmt: skip
        try:
            end = time.monotonic() + SECONDS
            while not answers(address):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.1)
            yield address
        finally:
            server.terminate()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/ping", timeout=5):
            return True
    except OSError:
        return False


def asked(address: str, question: dict[str, Any]) -> Any:
    """What the server says: its predictions, or the number of an error."""
    request = urllib.request.Request(
        f"http://{address}/invocations", json.dumps(question).encode(),
        {"Content-Type": "application/json"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)["predictions"]
    except urllib.error.HTTPError as error:
        return error.code


def objects(predictions: Iterable[Any]) -> list[Any]:
    return [one["object"] for one in predictions]


def test_the_serving_extra_alone_serves_many_at_once_with_the_answers_of_one(
    tmp_path: Path,
) -> None:
    programs = fresh_environment(tmp_path / "fresh", "serve")
    ws = make_candidate(tmp_path / "repository", base=str(tmp_path / "tiny"))
    release = answered_release_of(ws, tmp_path / "release")
    texts = [f"Please send order A-{n}." for n in range(3 * AT_ONCE)]
    alone = [
        {"object": prediction.object, "action": decision.action,
         "reasons": list(decision.reasons), "confidence": prediction.confidence}
        for prediction, decision in load_release(release, root=tmp_path).answer(texts[:1])
    ]  # fmt: skip
    with served(programs, release) as address:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            each = list(pool.map(lambda text: asked(address, {"inputs": [text]}), texts))
        assert each[0] == alone
        assert len({str(one) for one in each}) > 1  # the inputs are told apart
        together = asked(address, {"dataframe_records": [{"input": text} for text in texts]})
        assert objects(one for (one,) in each) == objects(together)
        for form in (
            {"inputs": texts[:2]}, {"inputs": [{"input": text} for text in texts[:2]]},
            {"instances": texts[:2]}, {"instances": [{"input": text} for text in texts[:2]]},
            {"dataframe_split": {"columns": ["input"], "data": [[text] for text in texts[:2]]}},
        ):  # fmt: skip
            assert objects(asked(address, form)) == objects(together[:2]), form
        assert asked(address, {"inputs": texts[0]}) == each[0]
        for wrong in (
            {"inputs": [None]}, {"inputs": [3]}, {"inputs": [{"input": None}]},
            {"instances": [None]}, {"dataframe_records": [{"text": "a"}]},
        ):  # fmt: skip
            assert asked(address, wrong) == 400, wrong
