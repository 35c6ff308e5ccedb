"""Signatures of releases: who made the bytes, told by keys that the reader trusts.

In goes a folder and a key, or a folder and the keys that are trusted; out comes a `model.sig` in
the format of OpenSSF Model Signing 1.0 with in-toto statements beside it, or the identity of the
signed release. Everything else is refused.

`keys` are one's own; `trusted_keys` is whose signatures count; `dsse` signs and verifies bytes, as
the journal needs it; `model_signature` is of a folder's files; `in_toto_statements` say what a
release is of; `signed_folder` puts these together; `version_signatures` is about versions of the
registry.
"""

from dslm.releasing.signing.dsse import Signature, sign_bytes, verify_bytes
from dslm.releasing.signing.keys import SigningKey
from dslm.releasing.signing.signed_folder import SignedRelease, verify_folder
from dslm.releasing.signing.trusted_keys import Trust, trust_in_force

__all__ = [
    "Signature", "SignedRelease", "SigningKey", "Trust", "sign_bytes", "trust_in_force",
    "verify_bytes", "verify_folder",
]  # fmt: skip
