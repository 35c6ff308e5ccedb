from __future__ import annotations

import errno
import os
import re
import socket
import sqlite3
import ssl
import tomllib
import urllib.error
from pathlib import Path

import pytest
import sqlalchemy
from support.repositories.small_repository import ROOT

from dslm.cli.shell.boundary import run
from dslm.errors.third_party_errors import DRIVERS, EXTRAS, meaning

THE_USER_S = ("ENOENT", "EISDIR", "ENOTDIR", "EEXIST", "ENOTEMPTY", "ENAMETOOLONG", "ELOOP",
              "EILSEQ", "EACCES", "EPERM")  # fmt: skip
THE_MACHINE_S = ("ENOSPC", "EDQUOT", "EROFS", "EIO", "EFBIG", "ENODEV", "ESTALE", "EXDEV", "EBUSY",
                 "ENOLCK", "EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "ECONNREFUSED", "ECONNRESET",
                 "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EADDRINUSE", "EPIPE")  # fmt: skip


def code_of(error: BaseException) -> int:
    def function() -> None:
        raise error

    return run(function)


@pytest.mark.parametrize("name", THE_USER_S)
def test_a_path_that_names_the_wrong_thing_is_the_user_s(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    number = getattr(errno, name)
    assert code_of(OSError(number, os.strerror(number), "artifacts/x")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("dslm: artifacts/x: ")


@pytest.mark.parametrize("name", THE_MACHINE_S)
@pytest.mark.parametrize("where", ["artifacts/x", None])
def test_a_fault_of_the_machine_is_one_line_and_exit_5(
    name: str, where: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    number = getattr(errno, name)
    assert code_of(OSError(number, os.strerror(number), where)) == 5
    (line,) = capsys.readouterr().err.splitlines()
    assert " — " in line
    assert (where or "dslm") in line


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(-2, "Name or service not known"),
        ssl.SSLCertVerificationError(1, "certificate verify failed"),
        urllib.error.URLError("no route"),
        TimeoutError("timed out"),
        ConnectionError(),
        MemoryError(),
        sqlite3.OperationalError("database is locked"),
        RuntimeError("write: No space left on device (os error 28)"),
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
    ],
    ids=repr,
)
def test_servers_networks_disks_and_memory_are_exit_5(error: Exception) -> None:
    assert code_of(error) == 5


def test_the_registry_s_client_and_its_server_s_words_are_exit_5() -> None:
    from mlflow.exceptions import MlflowException, RestException
    from requests.exceptions import ConnectionError as Refused
    from requests.exceptions import HTTPError

    failed = RestException({"error_code": "INTERNAL_ERROR", "message": "503 try later"})
    for error in (failed, MlflowException("API request failed"), Refused("x"), HTTPError("502")):
        assert code_of(error) == 5


@pytest.mark.parametrize(
    ("said", "code", "says"),
    [("database is locked", 5, "busy"), ("disk I/O error", 5, "disk does not take"),
     ("file is not a database", 2, "no MLflow"), ("no such table: x", 5, "cannot do this")],
)  # fmt: skip
def test_a_database_means_the_same_wherever_it_complains(said: str, code: int, says: str) -> None:
    of_sqlite = sqlite3.OperationalError(said)
    for error in (of_sqlite, sqlalchemy.exc.OperationalError("UPDATE", {}, of_sqlite)):
        found = meaning(error)
        assert found is not None
        assert (found.exit_code, says in found.what) == (code, True)
    assert meaning(KeyError(said)) is None


def test_what_a_library_says_is_repeated_without_passwords(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from mlflow.exceptions import MlflowException

    assert code_of(MlflowException("cannot reach http://ann:hunter2@ml.example/api")) == 5
    err = capsys.readouterr().err
    assert "ml.example" in err
    assert "hunter2" not in err


@pytest.mark.parametrize(
    "uri", ["postgresql+pg8000://ann:hunter2@db.example/x", "mysql://db.example/x"]
)
def test_a_missing_driver_is_exit_5_and_says_what_to_install(
    uri: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(lambda: sqlalchemy.create_engine(uri) and None) == 5
    err = capsys.readouterr().err
    assert "pip install " in err
    assert "hunter2" not in err


def test_a_kind_of_database_that_nobody_knows_is_exit_5(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(lambda: sqlalchemy.create_engine("nosuchdb://db.example/x") and None) == 5
    assert "'nosuchdb'" in capsys.readouterr().err


def test_an_address_that_is_none_is_the_user_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(lambda: sqlalchemy.create_engine("http//x") and None) == 2
    assert "MLFLOW_TRACKING_URI" in capsys.readouterr().err


@pytest.mark.parametrize("module", sorted(EXTRAS))
def test_a_package_of_an_extra_names_the_extra(module: str) -> None:
    found = meaning(ModuleNotFoundError(f"No module named {module!r}", name=f"{module}.inner"))
    assert found is not None
    assert (found.exit_code, found.fix) == (5, f"pip install 'dslm[{EXTRAS[module]}]'")


@pytest.mark.parametrize("module", sorted(DRIVERS))
def test_a_driver_names_its_package(module: str) -> None:
    found = meaning(ModuleNotFoundError(f"No module named {module!r}", name=module))
    assert found is not None
    assert (found.exit_code, found.fix) == (5, f"pip install {DRIVERS[module]}")


def test_the_extras_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bring = {
        extra: {re.split(r"[\[<>= ;]", package)[0] for package in packages}
        for extra, packages in project["optional-dependencies"].items()
    }
    names = {
        "sklearn": "scikit-learn", "stdnum": "python-stdnum",
        "lingua": "lingua-language-detector", "presidio_analyzer": "presidio-analyzer",
        "model_signing": "model-signing", "OpenSSL": "pyopenssl",
    }  # fmt: skip
    for module, extra in EXTRAS.items():
        assert names.get(module, module) in bring[extra]
    covered = {names.get(module, module) for module in EXTRAS}
    light = {"mlflow"}  # its skinny part is there, so that the module never lacks as a whole
    assert bring["train"] - covered == light


def test_a_module_of_ours_that_lacks_is_a_bug() -> None:
    assert meaning(ModuleNotFoundError("No module named 'dslm.x'", name="dslm.x")) is None
    assert meaning(ImportError("cannot import name 'y'", name="dslm.errors")) is None


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError(), OSError(errno.EBADF, "odd"), OSError(errno.ENOENT, "nameless"),
     KeyError("x"), RecursionError(), UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "no")],
    ids=repr,
)  # fmt: skip
def test_anything_else_is_a_bug(error: Exception) -> None:
    assert meaning(error) is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_while_writing_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def write() -> None:
        with Path("/dev/full").open("wb", buffering=0) as stream:
            stream.write(b"x")

    assert run(write) == 5
    assert "the disk is full" in capsys.readouterr().err
