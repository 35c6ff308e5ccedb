"""What is stated of a release, in in-toto statements: its verdict, how it was made, its promotion.

Takes a release's folder; gives statements that are made of its files alone, so that whoever
verifies makes them again and compares. Their subject is the release's manifest, which names every
file. Called when a release is signed, verified and promoted.

https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md
https://slsa.dev/spec/v1.0/provenance · https://slsa.dev/spec/v1.0/verification_summary
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dslm
from dslm.provenance import MANIFEST, digest_file
from dslm.records import NOT_APPLICABLE, JournalEntry, Verdict
from dslm.strict_json import strict_json

VERDICT, TRAINING = "attestations/verdict.dsse.json", "attestations/training.dsse.json"
STATEMENTS = (VERDICT, TRAINING)
SIGNED_AT = "signedAt"  # of a test result; the format lets a predicate have more keys
# What was seen before a release was made the champion.
LEVELS = {
    "promote": ("DSLM_JUDGED_AGAIN",), "rollback": ("DSLM_ANSWERED_AGAIN",),
    "recover": ("DSLM_FILES_COMPARED",),
}  # fmt: skip
_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")
_POLICY = "policy"


def statements_of(folder: Path, signed_at: str) -> dict[str, dict[str, Any]]:
    """The statements that go with a release, by the names of their files.

    Args:
        folder: A release that is sealed.
        signed_at: When it is signed, ISO 8601 with a zone.
    """
    manifest = strict_json((folder / MANIFEST).read_bytes())
    inputs: dict[str, str] = manifest["inputs"]
    verdict = Verdict.model_validate_json((folder / "gate.json").read_bytes())
    subject = _subject(verdict.workflow, folder)
    return {
        VERDICT: _statement(
            subject,
            "https://in-toto.io/attestation/test-result/v0.1",
            _test_result(folder, verdict, signed_at),
        ),
        TRAINING: _statement(
            subject, "https://slsa.dev/provenance/v1", _provenance(verdict.workflow, inputs)
        ),
    }


def promotion_of(folder: Path, entry: JournalEntry) -> dict[str, Any]:
    """What is stated of a move: that the release was verified before it was made the champion.

    Args:
        folder: The release.
        entry: The journal's entry of the move.
    """
    verdict = Verdict.model_validate_json((folder / "gate.json").read_bytes())
    policy = verdict.evidence.get(_POLICY, "")
    summary = {
        "verifier": {"id": "urn:dslm:promote", "version": {"dslm": dslm.__version__}},
        "timeVerified": entry.at,
        "resourceUri": f"urn:dslm:release:{verdict.workflow}:{entry.to_version}",
        "policy": {"uri": f"eval/{verdict.workflow}/gate.yaml", **_digest(policy)},
        "inputAttestations": [
            {"uri": name, "digest": {"sha256": _hex(folder / name)}}
            for name in STATEMENTS
            if (folder / name).is_file()
        ],
        "verificationResult": "PASSED",
        "verifiedLevels": list(LEVELS[entry.action]),
        "slsaVersion": "1.0",
    }
    subject = _subject(verdict.workflow, folder)
    return _statement(subject, "https://slsa.dev/verification_summary/v1", summary)


def promoted(statement: Any) -> tuple[str, str, str]:
    """Which version a statement of a move is of, which manifest, and when; empty where unsaid."""
    try:
        predicate, (subject,) = statement["predicate"], statement["subject"]
        version = str(predicate["resourceUri"]).rpartition(":")[2]
        return version, f"sha256:{subject['digest']['sha256']}", str(predicate["timeVerified"])
    except (KeyError, TypeError, ValueError):
        return "", "", ""


def signed_at(statement: Any) -> dt.datetime | None:
    """When a verdict's statement says that it was signed; None where it says no such thing."""
    try:
        said = dt.datetime.fromisoformat(statement["predicate"][SIGNED_AT])
    except (KeyError, TypeError, ValueError):
        return None
    return said if said.tzinfo else None


def _test_result(folder: Path, verdict: Verdict, at: str) -> dict[str, Any]:
    """The gate's verdict as a test result; the format knows no test that cannot say."""
    by = {
        status: [one.id for one in verdict.checks if one.status == status]
        for status in ("PASS", "FAIL", "INCONCLUSIVE")
    }
    waived = [one.id for one in verdict.checks if one.status == NOT_APPLICABLE]
    return {
        "result": "PASSED" if verdict.status == "PASS" else "FAILED",
        "configuration": list(_described(verdict.evidence)),
        "url": "gate.json",
        "passedTests": by["PASS"],
        "warnedTests": waived,
        "failedTests": by["FAIL"] + by["INCONCLUSIVE"],
        "verdict": {"status": verdict.status, "digest": {"sha256": _hex(folder / "gate.json")}},
        SIGNED_AT: at,
    }


def _provenance(workflow: str, inputs: Mapping[str, str]) -> dict[str, Any]:
    """What the release was made from, by the digests of its evidence."""
    plain = {key: value for key, value in sorted(inputs.items()) if not _SHA256.fullmatch(value)}
    return {
        "buildDefinition": {
            "buildType": "urn:dslm:release-package:v1",
            "externalParameters": {"workflow": workflow},
            "internalParameters": plain,
            "resolvedDependencies": list(_described(inputs)),
        },
        "runDetails": {"builder": {"id": "urn:dslm:register"}},
    }


def _statement(subject: list[Any], kind: str, predicate: dict[str, Any]) -> dict[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": kind,
        "predicate": predicate,
    }


def _subject(workflow: str, folder: Path) -> list[Any]:
    return [{"name": workflow, "digest": {"sha256": _hex(folder / MANIFEST)}}]


def _described(digests: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Resource descriptors of what has a digest."""
    for name, value in sorted(digests.items()):
        if _SHA256.fullmatch(value):
            yield {"name": name, **_digest(value)}


def _digest(value: str) -> dict[str, Any]:
    found = _SHA256.fullmatch(value)
    return {"digest": {"sha256": found[1]}} if found else {}


def _hex(path: Path) -> str:
    return digest_file(path).removeprefix("sha256:")
