from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dslm.errors import InputError
from dslm.uris import MASK, secrets_of, without_password, without_passwords

DATABASES = st.sampled_from(["postgresql", "postgresql+psycopg2", "mysql+pymysql", "mssql+pyodbc"])
SERVERS = st.sampled_from(["http", "https", "HTTPS"])
USERS = st.sampled_from(["", "ann", "ann-marie", "анна", "a.b", "a%40b"])
# No part of a mark stands in anything else of an address here, so that a leak cannot hide.
MARKS = st.sampled_from(["ZQX", "ЖЩЫ", "機密語", "🔑🔑🔑"])
ODD = st.text(st.sampled_from("@/%:?#&=;+$ '\"[]\\Zä語"), max_size=6)
PLACES = st.sampled_from(["host", "host:5432", "db.example.org:5432", "[::1]:5432", "10.0.0.1"])
PATHS = st.sampled_from(["", "/", "/db", "/a/b?sslmode=require", "/db#part", "/x?email=b"])


@st.composite
def passwords(draw: st.DrawFn) -> tuple[str, str]:
    """A password that has a mark at its start, middle or end, or at all three; and the mark."""
    mark, odd, other = draw(MARKS), draw(ODD), draw(ODD)
    shape = draw(st.sampled_from(["{m}{o}", "{o}{m}", "{o}{m}{p}", "{m}{o}{m}{p}{m}"]))
    return shape.format(m=mark, o=odd, p=other), mark


def holds(text: str, mark: str) -> bool:
    return any(form in text for form in (mark, quote(mark), quote(mark, safe="").lower()))


@given(DATABASES | SERVERS, USERS, passwords(), PLACES, PATHS, st.booleans())
def test_no_part_of_a_password_is_shown_however_it_is_written(
    scheme: str, user: str, secret: tuple[str, str], place: str, path: str, escaped: bool
) -> None:
    password, mark = secret
    written = quote(password, safe="") if escaped else password
    shown = without_password(f"{scheme}://{user}:{written}@{place}{path}")
    assert not holds(shown, mark)
    assert MASK in shown


@given(DATABASES | SERVERS, passwords(), PLACES, st.sampled_from(["/", "", ":"]))
def test_nor_in_an_address_that_is_none(
    scheme: str, secret: tuple[str, str], place: str, slashes: str
) -> None:
    password, mark = secret
    for wrong in (f"{scheme}:{slashes}ann:{password}@{place}", f"ann:{password}@{place}"):
        assume(not wrong.startswith("ann://"))  # a well-formed address: `scheme://user@host`
        assert not holds(without_password(wrong), mark)


@given(
    DATABASES | SERVERS,
    passwords(),
    st.sampled_from([
        "password", "PASSWORD", "passwd", "pwd", "sslpassword", "token", "access_token", "api_key",
        "key", "pw", "jwt", "session", "jsessionid",
        "X-Amz-Signature", "X-Amz-Credential", "sig", "client_secret", "odbc_connect", "auth",
    ]),
    st.sampled_from(["?", "?a=b&", "?a=b;", "#"]),
    st.sampled_from(["host/db", "ann:x@host/db", "ann@host"]),
)  # fmt: skip
def test_secret_parameters_are_masked(
    scheme: str, secret: tuple[str, str], key: str, before: str, place: str
) -> None:
    password, mark = secret
    shown = without_password(f"{scheme}://{place}{before}{key}={password}")
    assert not holds(shown, mark)


@given(
    DATABASES, USERS, PLACES, PATHS, st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
)
def test_of_a_well_formed_address_nothing_else_is_lost(
    scheme: str, user: str, place: str, path: str, password: str
) -> None:
    uri = f"{scheme}://{user}:{quote(password, safe='')}@{place}{path}"
    assert without_password(uri) == f"{scheme}://{user}:{MASK}@{place}{path}"


@pytest.mark.parametrize(
    "uri",
    [
        "sqlite:////home/me@work/a:b@c/mlflow.db",
        "file:///home/me@work/runs",
        "http://mlflow.example:5000",
        "http://mlflow.example:/x",
        "postgresql://one:5432,two:5432/db",
        "http://[::1]:5000/x",
        "https://host.example/path@1?page=2",
        "https://host.example/?email=a@b.example",
        "postgresql://ann@host/db",
        "mlflow-artifacts:/3/abc/artifacts",
        "models:/invoice_intake@champion",
        "s3://bucket/key",
        "",
        "not an address",
    ],
)
def test_an_address_without_a_secret_stays_as_it_is(uri: str) -> None:
    assert without_password(uri) == uri
    assert without_passwords(f"cannot reach {uri}", uri) == f"cannot reach {uri}"


@given(DATABASES | SERVERS, passwords(), st.sampled_from(["ann", "", "host.example"]))
def test_nor_in_one_that_was_cut_short(scheme: str, secret: tuple[str, str], user: str) -> None:
    password, mark = secret
    assume("@" not in password and password[0] not in "/?#,")
    assert not holds(without_password(f"{scheme}://{user}:{password}"), mark)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_token_in_place_of_a_user_is_masked(scheme: str) -> None:
    assert without_password(f"{scheme}://ghp_abc@host/x") == f"{scheme}://{MASK}@host/x"
    assert without_password(f"{scheme}://ab/c@host/x") == f"{scheme}://{MASK}@host/x"


def test_a_password_of_an_encrypted_sqlite_file_is_masked() -> None:
    assert (
        without_password("sqlite+pysqlcipher://:word@/a.db")
        == f"sqlite+pysqlcipher://:{MASK}@/a.db"
    )


@given(
    DATABASES | SERVERS,
    USERS,
    passwords(),
    PLACES,
    st.sampled_from(["{}", "'{}'", "({}),", "at={}."]),
)
def test_addresses_in_a_text_are_masked(
    scheme: str, user: str, secret: tuple[str, str], place: str, around: str
) -> None:
    password, mark = secret
    assume(not set(password) & set(" "))
    said = around.format(f"{scheme}://{user}:{password}@{place}")
    text = without_passwords(f"first {said}\nthen {said} failed")
    assert not holds(text, mark)
    assert text.startswith("first ")
    assert text.endswith(" failed")


@given(DATABASES, passwords(), st.sampled_from(["{}", "'{}'", 'word "{}" is wrong', "pw={}, x"]))
@example("postgresql", ("ZQX@ ", "ZQX"), "{}")
def test_the_password_of_a_known_address_is_masked_where_it_stands_alone(
    scheme: str, secret: tuple[str, str], around: str
) -> None:
    password, mark = secret
    uri = f"{scheme}://ann:{quote(password, safe='')}@host/db"
    for form in {password, quote(password, safe=""), repr(password)[1:-1]}:
        assert not holds(without_passwords(around.format(form), uri), mark)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("host=a password='b c' user=u", f"host=a password={MASK} user=u"),
        ("PWD=geheim;DATABASE=x", f"PWD={MASK}"),
        ('{"db_password": "b c", "user": "u"}', f'{{"db_password": {MASK}, "user": "u"}}'),
        ("password: what it is", "password: what it is"),
        ('password authentication failed for user "ann"',) * 2,
    ],
)  # fmt: skip
def test_pairs_of_a_connection_string_are_masked(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


@given(DATABASES | SERVERS | st.just("s3"), passwords(), USERS, PLACES)
def test_an_error_about_an_address_that_was_given_as_a_file_shows_no_password(
    scheme: str, secret: tuple[str, str], user: str, place: str
) -> None:
    password, mark = secret
    taken = Path("of/a team", f"{scheme}://{user}:{password}@{place}/cases.csv")
    for where in (taken, taken.relative_to("of/a team"), f"{taken}:3"):
        error = InputError("no such file", where=where)
        assert not holds(error.message() + str(error) + str(error.where), mark)


@pytest.mark.parametrize(
    "where",
    ["data/w/cases.jsonl:3", "a@b/c:d@e.csv", "C:/Users/a@b/x.csv", "output.properties.token",
     "http:/127.0.0.1:5000/a.csv", "sqlite:////tmp/a@b/x.db", "https://***@host/x", ""],
)  # fmt: skip
def test_a_place_that_holds_no_secret_is_told_as_it_is(where: str) -> None:
    assert InputError("wrong", where=where).where == where


def test_a_short_password_does_not_garble_words() -> None:
    assert without_passwords("a bad day", "postgresql://ann:a@host/db") == f"{MASK} bad day"


def test_a_password_that_is_also_the_hosts_name_is_told_apart() -> None:
    assert secrets_of("postgresql://mlflow:mlflow@mlflow/mlflow") == ()
    assert (
        without_password("postgresql://mlflow:mlflow@mlflow/x")
        == f"postgresql://mlflow:{MASK}@mlflow/x"
    )


@pytest.mark.parametrize("unit", ["a", "a1", "token", "a:/", "?a", "=", "x=password", "@:", "é "])
def test_a_long_text_takes_no_longer_than_it_is_long(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    began = time.perf_counter()
    without_passwords(text)
    assert time.perf_counter() - began < 2
