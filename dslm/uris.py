"""Addresses as people may see them: with no password in them.

Takes a URI, or a text that holds some; gives it with `***` where a secret stood. Called wherever an
address or what a library says of one is shown, logged, tagged or written to a file.

A secret that is not written as RFC 3986 asks (`p@ss/word` unescaped) has no certain end. The whole
doubtful part then goes: a host that is lost from a message costs less than half a password in it.
Within a text, an address ends at the first blank.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit

MASK = "***"
# Where the password of the MLflow server stands, if not in its address.
USER, PASSWORDS = (
    "MLFLOW_TRACKING_USERNAME", ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"),
)  # fmt: skip

_SECRET = (
    r"pass(?:word|wd|phrase)?|pwd|token|secret|credentials?|signature|sig|sas|auth|authorization"
    r"|api[-_]?key|access[-_]?key|private[-_]?key|account[-_]?key|odbc_connect"
)
_KEY = rf"[\w.%-]*?(?:{_SECRET})(?:[-_.]?id)?"
# `?password=…`, `&sslpassword=…`, `;PWD=…`: from the first such key on, nothing is shown. In prose
# `key=…` and `session=…` are no secrets, in an address they are.
_IN_QUERY = rf"(?:{_KEY}|[\w.%-]*?(?:key|pw|jwt|session(?:[-_.]?id)?))"
_QUERY = re.compile(rf"(?P<key>[?&;#](?:amp;)?{_IN_QUERY})=", re.IGNORECASE)
# `password='…'` of a connection string, `"password": "…"` of a record
_PAIR = re.compile(
    rf"(?P<key>(?<![\w.%-]){_KEY}['\"]?\s*[=:]\s*)(?P<value>\"[^\"]*\"|'[^']*'|\S+)", re.IGNORECASE
)
_BARE_COLON = re.compile(rf"\A{_KEY}:", re.IGNORECASE)  # prose, as in `password: what it is`
_SCHEME = re.compile(r"\A(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*:)(?P<slashes>/*)")
_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,40}:/\S+")
_PLACE = re.compile(r"(?:\A|(?<=/))[A-Za-z][A-Za-z0-9+.-]+:/")
_PATHS = ("sqlite", "file", "models", "runs")  # an @ in these is of a path or an alias
_TOKENS = ("http:", "https:")  # a user's name may itself be the token
_NO_PORT = re.compile(r"(?P<host>[^/?#:\[\]]*:)(?!\d{0,5}(?:,[\w.-]*(?::\d{0,5})?)*(?:\Z|[/?#]))")
_HOST = re.compile(r"\A(?:[\w-]+\.[\w.-]+|localhost)[/?#]")


def without_password(uri: str) -> str:
    """A URI as it may be shown, its password and secret parameters masked.

    Args:
        uri: One URI, whole; it need not be a valid one.

    Returns:
        `postgresql://ann:***@host/db`, `https://***@host`; as it was where it holds no secret.
    """
    found = _SCHEME.match(uri)
    scheme, slashes = (found["scheme"].lower(), found["slashes"]) if found else ("", "")
    start, rest = uri[: len(scheme + slashes)], uri[len(scheme + slashes) :]
    query = _QUERY.search(rest)
    before, after = (rest[: query.start()], rest[query.start() :]) if query else (rest, "")
    end = f"{query['key']}={MASK}" if query else ""
    if len(slashes) != 2 and scheme.startswith(_PATHS):
        return start + before + end
    if "@" in after:  # a password with a ? in it, or a parameter with an @: no telling which
        return start + MASK
    if slashes == "//" and "@" not in before and (cut := _NO_PORT.match(before)):
        return start + cut["host"] + MASK  # `http://ann:word`: an address that was cut short
    user, at, place = before.rpartition("@")
    return start + _shown_user(user, scheme, slashes) + at + place + end


def _shown_user(user: str, scheme: str, slashes: str) -> str:
    """What stands before the last @, as far as it is surely no secret."""
    name, colon, _ = user.partition(":")
    if not user or (not colon and "@" not in user and _HOST.match(user)):
        return user  # the @ is of the path: `https://host.example/path@1`
    if scheme in _TOKENS or len(slashes) != 2 or re.search(r"[@/?#]", name):
        return MASK
    return name + (f":{MASK}" if colon else "")


def without_passwords(text: str, *addresses: str) -> str:
    """A text as it may be shown: every URI in it, and what else looks like a secret, masked.

    So is the password that the environment has for the MLflow server, also as HTTP sends it.

    Args:
        text: A message, a log or a traceback, possibly of another library.
        addresses: URIs that it is about; their secrets are masked wherever they stand alone.
    """
    for address in filter(None, addresses):
        text = text.replace(address, without_password(address))
        for secret in secrets_of(address):
            text = _without(text, secret)
    for secret in _of_environment():
        text = _without(text, secret)
    text = _IN_TEXT.sub(lambda found: without_password(found[0]), text)
    return _PAIR.sub(_masked_pair, text)


def place_without_password(place: str) -> str:
    """Where a fault was found, as it may be shown: masked where it is an address.

    Args:
        place: A path, `file:line`, a key, or a URI; also one that was taken for a path, which has
            one slash of two left (`https:/ann:word@host/cases.csv`) and may stand behind a folder.
    """
    found = _PLACE.search(place)
    start = found.start() if found else len(place)
    return place[:start] + without_password(place[start:])


def secrets_of(uri: str) -> tuple[str, ...]:
    """The passwords that a well-formed URI holds, each as written, decoded and encoded anew."""
    try:
        parts = urlsplit(uri)
        shown = {parts.username, parts.hostname, parts.path.strip("/"), parts.scheme}
        found = [parts.password] if parts.password else []
    except ValueError:
        return ()
    if parts.scheme in {"http", "https"} and parts.username:
        found.append(parts.username)
        shown.discard(parts.username)
    for query in _QUERY.finditer(uri):
        found.append(re.split("[&;#]", uri[query.end() :], maxsplit=1)[0])
    spelled = {
        form
        for secret in found
        for plain in (secret, unquote(secret), unquote_plus(secret))
        for form in (plain, quote(plain, safe=""), quote_plus(plain), repr(plain)[1:-1])
    }
    return tuple(sorted(spelled - shown - {""}, key=lambda one: (-len(one), one)))


def _of_environment() -> Iterator[str]:
    """The environment's passwords for the MLflow server, in each form that they are written in."""
    for secret in filter(None, map(os.environ.get, PASSWORDS)):
        sent = base64.b64encode(f"{os.environ.get(USER, '')}:{secret}".encode()).decode()
        yield from {sent, secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}


def _masked_pair(found: re.Match[str]) -> str:
    return found[0] if _BARE_COLON.match(found["key"]) else found["key"] + MASK


def _without(text: str, secret: str) -> str:
    """A short secret goes where it is a word of its own: `a` is in every word."""
    pattern = re.escape(secret)
    if len(secret) < 4:
        pattern = rf"(?<!\w){pattern}(?!\w)"
    return re.sub(pattern, MASK, text)
