"""A fault told without what its row holds, of which nobody knows what is personal.

Called by `replace_in_case` for rejects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from dslm.curation.personal.json_texts import texts_in

SHORTEST_QUOTED, QUOTED = 2, "[value]"
BEGINNING = 16  # characters of a text that are hardly another's


def unquoted(fault: str, row: Any, kept: Collection[str]) -> str:
    """A reason without any text of a row that it quotes, but for the contract's own words."""
    held = {text for text, naming in texts_in(row) if not naming and text not in kept}
    for text in sorted((t for t in held if len(t) >= SHORTEST_QUOTED), key=len, reverse=True):
        for quoted in (text, repr(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
            fault = _without(fault, quoted)
    return fault


def _without(fault: str, quoted: str) -> str:
    """A reason without a text that it quotes as words, or of which it was cut off."""
    fault = re.sub(rf"(?<!\w){re.escape(quoted)}(?!\w)", QUOTED, fault)
    at = fault.find(quoted[:BEGINNING]) if len(quoted) > BEGINNING else -1
    return fault if at < 0 else f"{fault[:at]}{QUOTED} …"
