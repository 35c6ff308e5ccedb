from __future__ import annotations

from pathlib import Path

from dslm.records import Release
from dslm.reporting.registration_lines import last_receipt
from dslm.settings.workspace import Workspace

VERSION = Release(workflow="w", version=3, digest="sha256:1", status="candidate",
                  contract_version=1, created="2026-01-01T00:00:00+00:00")  # fmt: skip


def test_a_receipt_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    ws = Workspace(tmp_path, "w")
    assert last_receipt(ws) is None
    ws.receipt.parent.mkdir(parents=True)
    ws.receipt.write_text("{")
    assert last_receipt(ws) is None
    ws.receipt.write_text(VERSION.model_dump_json())
    assert last_receipt(ws) == VERSION
