"""A `python` whose processes are copies of one that has the heavy libraries loaded already.

Takes a folder and an environment; gives a folder for the front of `PATH`, in which `python -m` and
`python -c` start in milliseconds: torch, transformers and MLflow take five seconds of processor
time for each of a hundred commands else. Our own code is loaded by each process itself, from where
it is started. Called by `scratch_repository`.

The program in that folder hands its arguments, its environment, its working folder and its streams
over a socket to the process that has the libraries, and ends as the copy ends; killed, it takes the
copy with it. Where that process is gone, and for all that is neither `-m` nor `-c`, it is Python
itself.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

# What the stages and DVC load; neither ours nor what starts threads when it is loaded (daft, trl).
LIBRARIES = (
    "dvc.cli", "dvc.repo", "torch", "transformers.models.llama.modeling_llama",
    "transformers.models.gpt2.modeling_gpt2", "peft", "mlflow", "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store", "llguidance", "jsonschema_rs", "sklearn",
    "scipy.stats", "model_signing", "jinja2", "pydantic", "ruamel.yaml",
)  # fmt: skip
ARROW = "jemalloc_bg_thd"  # of pyarrow; begun anew in a copy
HANDED_OVER = """\
#!{python} -IS
import json, os, signal, socket, sys
if sys.argv[1:2] not in (["-m"], ["-c"]):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
line = socket.socket(socket.AF_UNIX)
try:
    line.connect({address!r})
except OSError:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(line, [len(told).to_bytes(4, "big")], [0, 1, 2])
line.sendall(told)
ended = line.recv(16)
if not ended:
    sys.exit("the process that has the libraries loaded was ended")
code = int(ended)
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@contextlib.contextmanager
def warm_python(environment: Mapping[str, str], wrapper: Sequence[str] = ()) -> Iterator[Path]:
    """A folder with such a `python`, until the caller is done.

    Args:
        environment: Of the process that loads the libraries.
        wrapper: What to put before its command.
    """
    folder = Path(tempfile.mkdtemp(prefix="python-"))  # a socket's path may not be long
    program, address = folder / "bin" / "python", str(folder / "s")
    program.parent.mkdir()
    program.write_text(HANDED_OVER.format(python=sys.executable, address=address))
    program.chmod(0o755)
    command = [*wrapper, sys.executable, __file__, address]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=dict(environment), text=True, **streams) as process:  # type: ignore[call-overload]
        try:
            assert process.stdout.readline() == "ready\n", "the libraries cannot be loaded"
            yield program.parent
        finally:
            process.stdin.close()  # it ends
            process.wait()
            shutil.rmtree(folder)


def serve(address: str) -> tuple[list[str], str, dict[str, str]]:
    """Load the libraries and make copies until standard input ends; returns in each copy."""
    for name in LIBRARIES:
        importlib.import_module(name)
    threads = {path.read_text().strip() for path in Path("/proc/self/task").glob("[0-9]*/comm")}
    assert len(threads - {ARROW}) <= 1, f"a copy has one thread only, here are {threads}"
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        os.write(1, b"ready\n")  # sys.stdout is new in every copy
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if sys.stdin in ready:
                sys.exit(0)
            line, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                return _keep(line)
            line.close()


def _keep(line: socket.socket) -> tuple[list[str], str, dict[str, str]]:
    """Take one command and wait for its end; returns in the process that is to do it."""
    size, streams, _, _ = socket.recv_fds(line, 4, 3)
    told = b""
    while len(told) < int.from_bytes(size, "big"):
        told += line.recv(1 << 16)
    pid = os.fork()
    if pid == 0:
        line.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        _open_streams()
        return tuple(json.loads(told))  # type: ignore[return-value]
    for stream in (*range(3), *streams):
        os.close(stream)
    with contextlib.suppress(OSError):
        if line in select.select([line, os.pidfd_open(pid)], [], [])[0]:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        line.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _open_streams() -> None:
    """Those of the libraries' process may have been files, in which one can seek."""
    for number, name, mode, buffering in (
        (0, "stdin", "r", -1), (1, "stdout", "w", -1), (2, "stderr", "w", 1)
    ):  # fmt: skip
        old = getattr(sys, name)
        new = open(number, mode, buffering, encoding=old.encoding, errors=old.errors,  # noqa: SIM115
                   closefd=False)  # fmt: skip
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


def become(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """Do as `python` with these arguments does."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    main: Any = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    way, what, *rest = arguments
    sys.argv = [way, *rest]
    if way == "-m":
        sys.path[0] = folder
        runpy._run_module_as_main(what)  # type: ignore[attr-defined]
    else:
        sys.path[0] = ""
        main.__dict__["__builtins__"] = __builtins__
        exec(compile(what, "<string>", "exec"), main.__dict__)


if __name__ == "__main__":
    become(*serve(sys.argv[1]))
