"""The bill of materials: of adapter, base, data and packages, by the format's own schema."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any

import jsonschema_rs
import pytest

from dslm import evidence
from dslm.releasing.package.bill_of_materials import BILL, bill_of_materials
from dslm.releasing.package.release_package import package

LOCK = """\
# exact versions
accelerate==1.15.0
torch==2.13.0+cpu ; python_version >= "3.11"
ruamel.yaml[jinja2]==0.18.10 \\
    --hash=sha256:1234
local-package @ file:///somewhere
-e .
"""


def official() -> jsonschema_rs.Draft7Validator:
    """The schema as CycloneDX publishes it, with those that it refers to."""
    kept = importlib.resources.files("cyclonedx.schema") / "_res"

    def read(name: str) -> Any:
        return json.loads((kept / f"{name}.SNAPSHOT.schema.json").read_text())

    site = "http://cyclonedx.org/schema/"
    others = {"spdx.schema.json": "spdx", "jsf-0.82.schema.json": "jsf-0.82"}
    registry = jsonschema_rs.Registry([
        (site + name, read(kept_as))
        for file, kept_as in others.items()
        for name in (file, file.replace(".schema", ".SNAPSHOT.schema"))
    ])  # fmt: skip
    return jsonschema_rs.Draft7Validator(read("bom-1.6"), registry=registry)


@pytest.mark.slow
def test_a_release_s_bill_follows_the_format_and_names_what_it_is_made_of(bare, tmp_path) -> None:
    bare.ws.lock.write_text(LOCK)
    now = evidence.current(bare.ws)
    folder = package(bare.ws, tmp_path / "staged", now)
    bill = json.loads((folder / BILL).read_bytes())
    assert [fault.message for fault in official().iter_errors(bill)] == []
    assert bill == bill_of_materials(folder, now)  # no clock, no chance
    model, parts = bill["metadata"]["component"], bill["components"]
    assert model["type"] == "machine-learning-model"
    assert model["hashes"][0]["content"] == now["adapter"].removeprefix("sha256:")
    measured = {one["type"]: one for one in model["modelCard"]["quantitativeAnalysis"][
        "performanceMetrics"]}  # fmt: skip
    assert measured["case_exact_match"]["value"] == "1.0"
    assert [part["bom-ref"] for part in parts] == [
        "base-model", "data", "gold", "pkg:pypi/accelerate@1.15.0", "package:local-package @ "
        "file:///somewhere", "pkg:pypi/ruamel-yaml@0.18.10", "pkg:pypi/torch@2.13.0%2Bcpu",
    ]  # fmt: skip
    assert bill["dependencies"] == [
        {"ref": "model", "dependsOn": [part["bom-ref"] for part in parts]}
    ]
    other = bill_of_materials(folder, now | {"adapter": "sha256:" + "0" * 64})
    assert other["serialNumber"] != bill["serialNumber"]
