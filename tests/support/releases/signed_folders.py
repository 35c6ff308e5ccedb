"""The smallest folder that can be signed as a release, keys, and signatures that say anything."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from dslm.provenance import write_atomic, write_manifest
from dslm.releasing.signing.dsse import STATEMENT, sign_bytes
from dslm.releasing.signing.keys import SigningKey
from dslm.releasing.signing.model_signature import SIGNATURE, files_in
from dslm.releasing.signing.trusted_keys import Trust, Trusted
from support.repositories.small_repository import CONTRACT

INVENTED = CONTRACT + (
    "  personal: {mode: surrogate, kinds: [email], demonstration_key: true}\n"
)  # fmt: skip
DIGEST = "sha256:" + "1" * 64
EVIDENCE = {"adapter": DIGEST, "data": DIGEST, "format": "1", "threshold": "0.5"}
VERDICT = {
    "workflow": "mini",
    "status": "PASS",
    "checks": [],
    "baseline": {"version": 0, "digest": None},
    "evidence": EVIDENCE,
}


def new_key(curve: ec.EllipticCurve | None = None) -> SigningKey:
    """A key of nobody."""
    return SigningKey(ec.generate_private_key(curve or ec.SECP256R1()))


def trusting(*keys: SigningKey, demonstration: bool = False) -> Trust:
    """Trust in some keys."""
    named = (Trusted(key.public, f"person {n}") for n, key in enumerate(keys, start=1))
    return Trust(tuple(named), demonstration, "trust.yaml")


def make_release(folder: Path, *, invented: bool = False, weights: bytes = b"weights") -> Path:
    """A folder with what signing reads of a release, sealed."""
    (folder / "adapter").mkdir(parents=True)
    (folder / "adapter" / "adapter_model.safetensors").write_bytes(weights)
    (folder / "workflow.yaml").write_text(INVENTED if invented else CONTRACT)
    write_atomic(folder / "gate.json", json.dumps(VERDICT))
    write_atomic(folder / "MLmodel", "{}")
    write_manifest(folder, EVIDENCE)
    return folder


def statement_over(folder: Path) -> dict[str, Any]:
    """What an honest signature of a folder's files states."""
    names = [name for name in files_in(folder) if name != SIGNATURE]
    hashes = [hashlib.sha256((folder / name).read_bytes()) for name in names]
    listed = [
        {"name": name, "algorithm": "sha256", "digest": one.hexdigest()}
        for name, one in zip(names, hashes, strict=True)
    ]
    root = hashlib.sha256(b"".join(one.digest() for one in hashes)).hexdigest()
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "release", "digest": {"sha256": root}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False},
            "resources": listed,
        },
    }


def bundle(statement: Any, key: SigningKey, kind: str = STATEMENT) -> dict[str, Any]:
    """A signature that is good, whatever it states."""
    payload = json.dumps(statement).encode()
    signed = sign_bytes(payload, key, kind)
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": key.public.id}},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": kind,
            "signatures": [{"sig": signed.value, "keyid": ""}],
        },
    }


def listed(key: SigningKey, name: str = "ann", indent: int = 0) -> str:
    """A key as policies and trust roots list it."""
    lines = [f"  - name: {name}", "    public_key: |"]
    lines += [f"      {line}" for line in key.public.pem.splitlines()]
    return "".join(f"{' ' * indent}{line}\n" for line in lines)
