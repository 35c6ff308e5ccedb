"""How every JSON file of a dossier is written: one value, the same bytes wherever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dslm.provenance import write_atomic


def write_json(path: Path, value: Any) -> None:
    """A JSON value, whole or not at all."""
    write_atomic(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")
