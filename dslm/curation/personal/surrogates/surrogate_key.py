"""The key of the surrogates, which never lies in the repository, and what may be told of it.

Read once, before any work; handed to every worker. Manifest and ledger hold its fingerprint alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

from dslm.contract.model.personal_fields import Personal
from dslm.errors import InputError

# Known to everybody, so that the example gives the same bytes everywhere; it hides nothing.
DEMONSTRATION_KEY = b"dslm demonstration key: published, hides nothing"
SHORTEST_KEY = 16


def key_of(personal: Personal, environment: Mapping[str, str]) -> bytes | None:
    """The key that a contract's surrogates are made with; None where it makes none.

    Raises:
        InputError: The environment variable is not set, or holds too little to be a secret.
    """
    if personal.mode != "surrogate":
        return None
    if personal.demonstration_key:
        return DEMONSTRATION_KEY
    key = os.fsencode(environment.get(personal.key_env, ""))  # any bytes, UTF-8 or not
    if not key:
        raise InputError(
            f"no key for surrogates: {personal.key_env} is not set", where="data.personal.key_env",
            fix="set it, e.g. to the output of `openssl rand -hex 32`, and keep it safe: the same "
            "key gives the same surrogates",
        )  # fmt: skip
    if len(key) < SHORTEST_KEY:
        raise InputError(
            f"the key in {personal.key_env} has {len(key)} bytes, fewer than {SHORTEST_KEY}",
            where="data.personal.key_env", fix="take a longer one: `openssl rand -hex 32`",
        )  # fmt: skip
    if key == DEMONSTRATION_KEY:
        raise InputError(
            f"{personal.key_env} holds the published demonstration key",
            where="data.personal.key_env", fix="take one that nobody knows",
        )  # fmt: skip
    return key


def fingerprint(key: bytes) -> str:
    """What tells two keys apart without telling them: 16 hex digits of SHA-256."""
    return hashlib.sha256(key).hexdigest()[:16]
