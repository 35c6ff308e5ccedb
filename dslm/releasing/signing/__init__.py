"""Signatures of releases: who made the bytes, told by keys that the reader trusts.

In goes a folder and a key, or a folder and the keys that are trusted; out comes a `model.sig` in
the format of OpenSSF Model Signing 1.0 with in-toto statements beside it, or the identity of the
signed release. Everything else is refused.

`keys` are one's own; `trust` is whose signatures count; `dsse` signs and verifies bytes, as the
journal needs it; `model_signature` is of a folder's files; `statements` say what a release is of;
`signed_folder` puts these together; `registered` is about versions of the registry.
"""

from dslm.releasing.signing.dsse import Signature, sign_bytes, verify_bytes
from dslm.releasing.signing.keys import SigningKey
from dslm.releasing.signing.signed_folder import SignedRelease, verify_folder
from dslm.releasing.signing.trust import Trust, trust_in_force

__all__ = [
    "Signature", "SignedRelease", "SigningKey", "Trust", "sign_bytes", "trust_in_force",
    "verify_bytes", "verify_folder",
]  # fmt: skip
