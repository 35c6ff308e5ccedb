"""The bill of materials of a release: adapter, base, data and packages, CycloneDX 1.6.

Takes a folder with the release's parts and its evidence; gives a JSON value without clock or
chance. Called by `release_package`. Written out here, since `cyclonedx-python-lib` (11.12) has no
model card, which a bill of machine learning is about; a test holds it against the format's own
schema. https://cyclonedx.org/docs/1.6/json/ · https://cyclonedx.org/capabilities/mlbom/
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dslm.contract import Contract, load_contract
from dslm.evidence import NONE, release_digest
from dslm.records import Metric, Scorecard
from dslm.settings.recipe import load_recipe

BILL = "bom.json"
MODEL, BASE, DATA, GOLD = "model", "base-model", "data", "gold"
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==\s*([^\s;\\]+)")
_NAMED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)")


def bill_of_materials(folder: Path, evidence: Mapping[str, str]) -> dict[str, Any]:
    """What a release is made of.

    Args:
        folder: Holds workflow.yaml, recipe.yaml, scorecard.json and requirements.txt.
        evidence: Digests of what the release is made of.
    """
    contract = load_contract(folder / "workflow.yaml")
    digest = release_digest(contract.name, evidence)
    packages = list(_packages((folder / "requirements.txt").read_text(encoding="utf-8")))
    parts = [_base(folder, evidence), *_data(contract, evidence), *packages]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}",
        "version": 1,
        "metadata": {"component": _model(folder, contract, digest, evidence)},
        "components": parts,
        "dependencies": [{"ref": MODEL, "dependsOn": [part["bom-ref"] for part in parts]}],
    }


def _model(
    folder: Path, contract: Contract, digest: str, evidence: Mapping[str, str]
) -> dict[str, Any]:
    """The adapter as a model with its card."""
    scorecard = Scorecard.model_validate_json((folder / "scorecard.json").read_bytes())
    candidate = scorecard.models["candidate"]
    return {
        "type": "machine-learning-model",
        "bom-ref": MODEL,
        "name": contract.name,
        "version": digest,
        "description": contract.summary,
        **_hashes(evidence, "adapter"),
        "modelCard": {
            "modelParameters": {
                "approach": {"type": "supervised"},
                "task": contract.task,
                "datasets": [{"ref": DATA}, *([{"ref": GOLD}] if _has(evidence, "gold") else [])],
                "inputs": [{"format": "text"}],
                "outputs": [{"format": "JSON"}],
            },
            "quantitativeAnalysis": {
                "performanceMetrics": [
                    _measured(name, metric)
                    for name, metric in sorted(candidate.metrics.items())
                    if metric.value is not None
                ]
            },
        },
    }


def _base(folder: Path, evidence: Mapping[str, str]) -> dict[str, Any]:
    """The base model that the adapter goes onto."""
    source = load_recipe(folder / "recipe.yaml").base
    version = {"version": source.revision} if source.revision else {}
    purl = {}
    if source.hub:
        at = f"@{source.revision}" if source.revision else ""
        purl = {"purl": f"pkg:huggingface/{source.hub}{at}"}
    hashes = _hashes(evidence, "base")
    return {"type": "machine-learning-model", "bom-ref": BASE, "name": source.name} | (
        version | purl | hashes
    )


def _data(contract: Contract, evidence: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The cases that it was trained on, and those that it was judged by."""
    said = sorted({source.licence for source in contract.data.sources})
    licences = {"licenses": [{"license": {"name": name}} for name in said]} if said else {}
    told = {DATA: "cases that it was trained on", GOLD: "cases that it was judged by"}
    for name, description in told.items():
        if _has(evidence, name):
            yield {
                "type": "data",
                "bom-ref": name,
                "name": f"{contract.name} {name}",
                "description": description,
                **(licences if name == DATA else {}),
                **_hashes(evidence, name),
            }


def _packages(lock: str) -> Iterator[dict[str, Any]]:
    """The packages of a lock file, each with its exact version where it has one."""
    for line in sorted(set(lock.splitlines()), key=str.lower):
        if pinned := _PINNED.match(line):
            name = re.sub(r"[-_.]+", "-", pinned[1]).lower()
            purl = f"pkg:pypi/{name}@{pinned[2].replace('+', '%2B')}"
            yield {"type": "library", "bom-ref": purl, "name": pinned[1], "version": pinned[2],
                   "purl": purl}  # fmt: skip
        elif named := _NAMED.match(line):  # of a folder or an address: no version to name
            yield {"type": "library", "bom-ref": f"package:{line}", "name": named[1],
                   "description": line}  # fmt: skip


def _measured(name: str, metric: Metric) -> dict[str, Any]:
    bounds = {}
    if metric.low is not None and metric.high is not None:
        low, high = str(metric.low), str(metric.high)
        bounds = {"confidenceInterval": {"lowerBound": low, "upperBound": high}}
    return {"type": name, "value": str(metric.value), "slice": "gold", **bounds}


def _has(evidence: Mapping[str, str], key: str) -> bool:
    return evidence.get(key, NONE) != NONE


def _hashes(evidence: Mapping[str, str], key: str) -> dict[str, Any]:
    digest = evidence.get(key, NONE)
    if not digest.startswith("sha256:"):
        return {}
    return {"hashes": [{"alg": "SHA-256", "content": digest.removeprefix("sha256:")}]}
