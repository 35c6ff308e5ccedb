"""What MLflow, its database and its server complain of, as one clear error with no password in it.

Takes an exception and the address that it is about; gives ours. What is known of messages stands in
`dslm.errors.third_party_errors`; here is what HTTP and addresses mean. Called by
`mlflow_connection`, which catches. What a user can correct in address or files is exit code 2;
a server, a network, a disk, a database that is busy or a driver that is not installed is exit code
5.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from dslm.errors import DslmError, EnvironmentFault, InputError
from dslm.errors.third_party_errors import VARIABLE, meaning, of_a_database
from dslm.uris import without_password, without_passwords

_RETRY = "then run the same command again"
_AWAY = ("the MLflow server does not answer", f"check that it runs and {VARIABLE}, {_RETRY}")
_ILL = ("the MLflow server has failed", f"look at its log, {_RETRY}")
_UNREACHED = ("failed with exception", "failed with timeout exception")  # MLflow of its server
# MLflow's error codes of a server that cannot answer now; 5xx and 429 of HTTP become these.
_PASSING = frozenset({
    "TEMPORARILY_UNAVAILABLE", "INTERNAL_ERROR", "REQUEST_LIMIT_EXCEEDED", "DEADLINE_EXCEEDED",
    "ABORTED", "DATA_LOSS", "IO_ERROR", "RESOURCE_EXHAUSTED", "SERVICE_UNDER_MAINTENANCE",
    "WORKSPACE_TEMPORARILY_UNAVAILABLE",
})  # fmt: skip
# How databases say that a row is there already, or is no more, which another process wrote or took
# between our look and our write; MLflow gives it on as a bad request.
_AT_ONCE = ("IntegrityError", "UniqueViolation", "UNIQUE constraint failed", "duplicate key value",
            "Duplicate entry", "were matched")  # fmt: skip
_ANSWERED = re.compile(r"failed with error code (?P<code>\d{3})")
# The same of the part of MLflow that keeps files; a missing file is no fault of the address.
_FILES_REFUSED = re.compile(r"\A(?P<code>401|403|407) Client Error")
_REFUSED = {"UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403}
_SERVER = re.compile(r"\A(?:https?|(?:postgresql|mysql|mssql)(?:\+\w+)?)://(?P<rest>.*)\Z", re.S)


class WrittenAtOnce(EnvironmentFault):
    """Another process wrote the same row at the same time: what is asked for may be asked again."""


class AccessRefused(InputError):
    """The server does not know this user, or does not let him do this."""


def fault(error: Exception, address: str) -> DslmError:
    """The fault behind an exception of MLflow, SQLAlchemy, sqlite, a driver or the network."""
    where = without_password(address)
    said = str(error)
    if (refused := _access_refused(error, where)) is not None:
        return refused
    if any(sign in said for sign in _AT_ONCE):
        what = "another process wrote to the registry at the same time"
        return WrittenAtOnce(what, where=where, fix="run the same command again")
    if (answered := _answered(said)) is not None:
        kind, (what, fix) = answered
        return kind(what, where=where, fix=fix)
    if any(sign in said for sign in _UNREACHED):
        return EnvironmentFault(_AWAY[0], where=where, fix=_AWAY[1])
    found = meaning(error) if isinstance(error, ImportError) else of_a_database(error)
    if found is None:
        return _unknown(error, address)
    correct = f"{found.fix}, or correct {VARIABLE}" if isinstance(error, ImportError) else found.fix
    return type(found)(found.what, where=where, fix=correct)


def _access_refused(error: Exception, where: str) -> AccessRefused | None:
    """The fault that a status of 401, 403 or 407 means; None of any other."""
    found = _ANSWERED.search(str(error)) or _FILES_REFUSED.match(str(error))
    code = int(found["code"]) if found else _REFUSED.get(getattr(error, "error_code", ""), 0)
    fixes = {
        401: "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD to those of a user there",
        403: "this user may not do that: docs/operations.md has the permissions of each role",
        407: "a proxy in between wants a password of its own: correct https_proxy",
    }
    if code not in fixes:
        return None
    what = f"the MLflow server refuses access (HTTP {code})"
    return AccessRefused(what, where=where, fix=f"{fixes[code]}, or correct {VARIABLE}")


def _answered(said: str) -> tuple[type[DslmError], tuple[str, str]] | None:
    """The fault that a status of HTTP means."""
    if (found := _ANSWERED.search(said)) is None:
        return None
    code = int(found["code"])
    if code >= 500 or code == 429:
        return EnvironmentFault, (f"{_ILL[0]} (HTTP {code})", _ILL[1])
    return InputError, (f"no MLflow server is at this address (HTTP {code})", f"correct {VARIABLE}")


def _unknown(error: Exception, address: str) -> DslmError:
    """What has no words of ours yet: by its kind, with its own first line."""
    line = next(iter(without_passwords(str(error), address).strip().splitlines()), "")
    what = f"MLflow says: {line[:300] or type(error).__name__}"
    kinds = {base.__name__ for base in type(error).__mro__}
    if kinds & {"NoSuchModuleError", "ParseError"} and (found := meaning(error)):
        return type(found)(found.what, where=without_password(address), fix=found.fix)
    wrong_address = {"ArgumentError", "InvalidURL", "InvalidUrlException"}
    if kinds & wrong_address:
        return InputError(what, where=without_password(address), fix=f"correct {VARIABLE}")
    passing = {"OperationalError", "InterfaceError", "TimeoutError", "ConnectionError",
               "RequestException", "HTTPError", "gaierror", "DisconnectionError"}  # fmt: skip
    if kinds & passing or getattr(error, "error_code", None) in _PASSING:
        return EnvironmentFault(
            what, where=without_password(address), fix=f"correct that, {_RETRY}"
        )
    return InputError(what, where=without_password(address))


def refuse_misspelt(address: str) -> None:
    """Refuse an address that has no certain meaning, before a library shows parts of it.

    Raises:
        InputError: It names no server, its port is no number, or its password is not encoded.
    """
    found = _SERVER.match(address)
    if found is None:
        return
    server, path = re.match(r"([^/?#]*)(.*)", found["rest"], re.S).groups()  # type: ignore[union-attr]
    user, _, place = server.rpartition("@")
    port = re.search(r":([^\]:]*)\Z", place)
    where = without_password(address)
    if "@" in user or "@" in path.partition("?")[0] or re.search(r"\s", server):
        fix = f"in {VARIABLE}, write @ as %40, / as %2F, ? as %3F, # as %23 and blanks as %20"
        raise InputError("user or password are not percent-encoded", where=where, fix=fix)
    if port and not re.fullmatch(r"\d{0,5}", port[1]):
        fix = f"correct {VARIABLE}; if that is of a password, percent-encode it"
        raise InputError("the port is no number", where=where, fix=fix)
    try:
        urlsplit(address)
    except ValueError:  # brackets that hold no IPv6 address
        raise InputError("is no address", where=where, fix=f"correct {VARIABLE}") from None
    if not place and address.lower().startswith("http"):
        raise InputError("names no server", where=where, fix=f"correct {VARIABLE}")


def knock(address: str, seconds: int = 10) -> None:
    """Connect to a database server once: MLflow would try ten times, for minutes.

    Raises:
        Exception: Whatever SQLAlchemy or the driver say; `fault` knows what it means.
    """
    import sqlalchemy

    url = sqlalchemy.make_url(address)
    limits: dict[str, Any] = {}
    if url.get_backend_name() in {"postgresql", "mysql"}:
        limits["connect_timeout"] = seconds
    engine = sqlalchemy.create_engine(url, connect_args=limits, poolclass=sqlalchemy.NullPool)
    with engine.connect():
        pass
