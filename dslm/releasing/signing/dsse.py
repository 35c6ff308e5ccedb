"""Signs bytes, and verifies them: DSSE 1.0, so that what was signed as one thing is no other.

Takes bytes, what kind of thing they are, and a key or a `Trust`; gives a `Signature`, an envelope,
or what an envelope holds once it was verified. Called for statements and journal entries.
https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ConfigDict, Field, ValidationError

from dslm.errors import ReleaseRefused
from dslm.provenance import canonical_json
from dslm.record import Record
from dslm.releasing.signing.keys import SigningKey
from dslm.releasing.signing.trusted_keys import Trust, Trusted
from dslm.strict_json import strict_json

STATEMENT = "application/vnd.in-toto+json"
MOST_BYTES = 16_000_000  # of an envelope: a few kilobytes, with many files a few hundred


@dataclass(frozen=True)
class Signature:
    """A signature over bytes; `value` is base64, so that both fit into a tag."""

    key_id: str
    value: str


class _Signature(Record):
    model_config = ConfigDict(frozen=True, extra="ignore")

    sig: str
    keyid: str | None = None


class Envelope(Record):
    """A DSSE envelope with one signature."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    payload: str
    payloadType: str  # noqa: N815 - the format's own name
    signatures: tuple[_Signature, ...] = Field(min_length=1, max_length=1)


def sign_bytes(data: bytes, key: SigningKey, kind: str) -> Signature:
    """Sign bytes.

    Args:
        data: What is signed.
        key: Whose signature.
        kind: A media type that says what the bytes are; part of what is signed.
    """
    value = base64.b64encode(key.sign(_encoded(kind, data))).decode()
    return Signature(key.public.id, value)


def verify_bytes(
    data: bytes, signature: Signature, trust: Trust, kind: str, where: str | Path
) -> Trusted:
    """The key that signed bytes, which counts.

    Args:
        data: What was signed.
        signature: As `sign_bytes` gave it.
        trust: Whose signatures count.
        kind: What the bytes are, as it was signed.
        where: For messages.

    Raises:
        ReleaseRefused: Nobody who counts signed them so.
    """
    known = trust.find(signature.key_id, where)
    if not known.key.signed(_encoded(kind, data), _base64(signature.value, where)):
        what = f"its signature is not of these bytes, by the key of {known.name}"
        raise ReleaseRefused(what, where=where, fix="it was changed after it was signed")
    return known


def envelope(statement: Any, key: SigningKey) -> str:
    """An in-toto statement in a signed envelope, JSON text."""
    payload = canonical_json(statement)
    signed = sign_bytes(payload, key, STATEMENT)
    made = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": STATEMENT,
        "signatures": [{"keyid": signed.key_id, "sig": signed.value}],
    }
    return json.dumps(made, indent=2) + "\n"


def opened(raw: bytes, trust: Trust, where: str | Path) -> tuple[Any, Trusted]:
    """The statement in an envelope, and who signed it.

    Raises:
        ReleaseRefused: It is none, or nobody who counts signed it.
    """
    found = read_envelope(_json(raw, where), where)
    key_id = found.signatures[0].keyid
    if not key_id:
        raise ReleaseRefused("a signature that names no key", where=where)
    return statement_in(found, key_id, trust, where)


def statement_in(
    found: Envelope, key_id: str, trust: Trust, where: str | Path
) -> tuple[Any, Trusted]:
    """The statement in an envelope that is said to be signed with a key, once that is verified.

    Raises:
        ReleaseRefused: It is not, or the key does not count.
    """
    if found.payloadType != STATEMENT:
        what = f"holds a {found.payloadType[:80]!r}, not an in-toto statement"
        raise ReleaseRefused(what, where=where)
    payload = _base64(found.payload, where)
    signature = Signature(key_id, found.signatures[0].sig)
    known = verify_bytes(payload, signature, trust, STATEMENT, where)
    return _json(payload, where), known


def read_envelope(value: Any, where: str | Path) -> Envelope:
    """A JSON value as an envelope.

    Raises:
        ReleaseRefused: It is none.
    """
    try:
        return Envelope.model_validate(value)
    except ValidationError as error:
        _refuse(error, where, "no signed envelope")


def _refuse(error: ValidationError, where: str | Path, what: str) -> NoReturn:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "document"
    raise ReleaseRefused(f"{what}: {key}: {first['msg']}", where=where) from None


def _encoded(kind: str, data: bytes) -> bytes:
    """DSSE's pre-authentication encoding: kind and bytes, each with its length."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(data), data)


def _base64(text: str, where: str | Path) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ReleaseRefused("a signature that is no base64", where=where) from None


def _json(raw: bytes, where: str | Path) -> Any:
    if len(raw) > MOST_BYTES:
        raise ReleaseRefused(f"larger than {MOST_BYTES:,} bytes", where=where)
    try:
        return strict_json(raw)
    except ValueError as error:
        raise ReleaseRefused(f"not JSON: {error}", where=where) from None
