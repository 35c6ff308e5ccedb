from __future__ import annotations

import sqlite3
from urllib.parse import quote

import pytest
from google.protobuf.json_format import ParseError
from hypothesis import given
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException, RestException
from mlflow.protos.databricks_pb2 import BAD_REQUEST
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from dslm.errors import EXIT_BAD_INPUT, EXIT_ENVIRONMENT, InputError
from dslm.releasing.registry.mlflow_errors import fault, refuse_misspelt

ADDRESS = "postgresql://ann:geheim@db.example/mlflow"
MARK = "ZQX"  # a part of the password that stands nowhere else


def of_sqlite(said: str) -> OperationalError:
    return OperationalError("UPDATE", {}, sqlite3.OperationalError(said))


def status(code: int) -> MlflowException:
    return MlflowException(f"API request to endpoint /api failed with error code {code} != 200.")


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (of_sqlite("database is locked"), EXIT_ENVIRONMENT, "busy"),
        (of_sqlite("database or disk is full"), EXIT_ENVIRONMENT, "disk is full"),
        (of_sqlite("disk I/O error"), EXIT_ENVIRONMENT, "disk"),
        (of_sqlite("attempt to write a readonly database"), EXIT_ENVIRONMENT, "read-only"),
        (MlflowException("(sqlite3.IntegrityError) UNIQUE constraint failed: a.b",
                         error_code=BAD_REQUEST), EXIT_ENVIRONMENT, "another process wrote"),
        (MlflowException("UPDATE statement on table 'x' expected to update 1 row(s); 0 were "
                         "matched.", error_code=BAD_REQUEST), EXIT_ENVIRONMENT, "another process"),
        (of_sqlite("something new"), EXIT_ENVIRONMENT, "something new"),
        (of_sqlite("file is not a database"), EXIT_BAD_INPUT, "no MLflow database"),
        (of_sqlite("unable to open database file"), EXIT_BAD_INPUT, "cannot open"),
        (status(500), EXIT_ENVIRONMENT, "HTTP 500"),
        (status(503), EXIT_ENVIRONMENT, "HTTP 503"),
        (status(429), EXIT_ENVIRONMENT, "HTTP 429"),
        (status(401), EXIT_BAD_INPUT, "refuses access"),
        (status(403), EXIT_BAD_INPUT, "refuses access"),
        (status(404), EXIT_BAD_INPUT, "no MLflow server"),
        (RestException({"error_code": "TEMPORARILY_UNAVAILABLE", "message": "later"}),
         EXIT_ENVIRONMENT, "later"),
        (RestException({"error_code": "INVALID_PARAMETER_VALUE", "message": "no such key"}),
         EXIT_BAD_INPUT, "no such key"),
        (ModuleNotFoundError("No module named 'psycopg'", name="psycopg"), EXIT_ENVIRONMENT,
         "package psycopg is not installed — pip install psycopg[binary], or correct "
         "MLFLOW_TRACKING"),
        (NoSuchModuleError("Can't load plugin: sqlalchemy.dialects:mysql.x"), EXIT_ENVIRONMENT,
         "no driver for databases of kind 'mysql'"),
        (ArgumentError("Could not parse SQLAlchemy URL"), EXIT_BAD_INPUT, "parse"),
        (ParseError("Failed to parse model_versions field"), EXIT_ENVIRONMENT, "no MLflow server"),
        (ConnectionResetError("reset by peer"), EXIT_ENVIRONMENT, "reset"),
        (TimeoutError("timed out"), EXIT_ENVIRONMENT, "timed out"),
        (OperationalError("", {}, Exception("password authentication failed for user")),
         EXIT_BAD_INPUT, "refuses user or password"),
    ],
    ids=str,
)  # fmt: skip
def test_a_fault_of_the_machine_is_exit_code_5_and_one_of_the_address_2(error, code, says) -> None:
    told = fault(error, ADDRESS)
    assert told.exit_code == code
    assert says in told.message()
    assert "\n" not in told.message()
    assert told.message().startswith("postgresql://ann:***@db.example/mlflow: ")


@given(
    st.sampled_from(["postgresql", "mysql+pymysql", "http", "https", "foo"]),
    st.text(st.sampled_from("@/%:?#&=+ '\"äß語a1"), max_size=5),
    st.sampled_from([
        "{}", "API request to {}/api failed with exception x", "got unsupported URI '{}' for it",
        "could not connect: {}\nmore", "Could not parse {}", "the password is {p}", "{p!r}",
        "failed with error code 500 at {}",
    ]),
    st.sampled_from([MlflowException, ArgumentError, ConnectionError]),
)  # fmt: skip
def test_no_fault_shows_a_password(scheme: str, odd: str, said: str, kind) -> None:
    password = odd + MARK + odd
    address = f"{scheme}://ann:{quote(password, safe='')}@host/db"
    told = fault(kind(said.format(address, p=password)), address)
    assert MARK not in told.message()
    raw = f"{scheme}://ann:{password.replace(' ', '')}@host"
    assert MARK not in fault(kind(said.format(raw, p="")), "").message()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("postgresql://ann:p@ss@host/db", "percent-encoded"),
        ("postgresql://ann:p/ss@host/db", "percent-encoded"),
        ("postgresql://ann:p@s/s@host/db", "percent-encoded"),
        ("postgresql://ann:p s@host/db", "percent-encoded"),
        ("postgresql://ann:ZQX?x@host/db", "no number"),
        ("http://ann:ZQX#x@host", "percent-encoded"),
        ("http://ann:ZQX", "no number"),
        ("http://host:80x", "no number"),
        ("http://", "names no server"),
        ("https:///mlflow", "names no server"),
        ("http://[::1", "is no address"),
        ("http://ann:ZQX@[nonsense]:80", "is no address"),
    ],
)
def test_an_address_without_a_certain_meaning_is_refused(address: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        refuse_misspelt(address)
    assert "MLFLOW_TRACKING_URI" in caught.value.message()
    assert "ss@" not in caught.value.message()
    assert MARK not in caught.value.message()


@pytest.mark.parametrize(
    "address",
    [
        "http://mlflow.example:5000", "https://mlflow.example/", "http://[::1]:5000",
        "https://ann:p%40ss%2Fw@host:8443/mlflow", "postgresql://ann@host/db", "postgresql:///db",
        "postgresql://ann:p%40@/db?host=/var/run/postgresql",
        "postgresql://ann:x@one:5432,two:5432/db", "mssql+pyodbc:///?odbc_connect=DRIVER%3D",
        "sqlite:////home/me@work/a:b/mlflow.db", "file:///home/me@work", "databricks", "",
    ],
)  # fmt: skip
def test_an_address_as_it_should_be_is_taken(address: str) -> None:
    refuse_misspelt(address)
