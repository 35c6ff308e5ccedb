"""How pages are made of templates: one environment, one style, and a policy that lets no more run.

Called by `report` and `data_card_page`, whose templates share `head.jinja`, `foot.jinja`,
`macros.jinja` and the style.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from dslm.reporting import formatting

STYLE = "report.css"


@cache
def environment() -> Any:
    """The templates; an unknown name is an error, and text is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("dslm.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["visible"] = formatting.visible
    return made


def _digest(source: str) -> str:
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def rendered(template: str, script: str | None, **values: Any) -> str:
    """A page as HTML.

    Inline style and script are allowed by their digests alone, so that hostile text in a case
    could not run or restyle anything even if it were not escaped.

    Args:
        template: Its name.
        script: Name of the script that the page holds; None: no script may run at all.
        values: What the template is told.
    """
    made = environment()

    def source(name: str) -> str:
        text: str = made.loader.get_source(made, name)[0]
        return text.replace("\r\n", "\n")

    style = source(STYLE)
    code = None if script is None else source(script)
    text: str = made.get_template(template).render(
        **values,
        fmt=formatting,
        style=style,
        script=code,
        style_digest=_digest(style),
        script_digest="'none'" if code is None else _digest(code),
    )
    return text
