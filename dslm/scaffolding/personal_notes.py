"""What in a sample looks personal, told before the first `git add` keeps it for ever.

Takes the draft's cases; gives a note for the user, and the places that looked so. Fields are known
by their names, values in texts by the finders that curation uses, where those are installed.
Called by `dslm.scaffolding.init_workflow`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dslm.contract.model.personal_fields import FOUND_KINDS, Personal
from dslm.curation.personal import Detectors, UndeclaredFields, refuse_missing
from dslm.errors import EnvironmentFault
from dslm.records import Case

LOOKED_AT = 300  # texts: what is common is among them
MOST_NAMED = 6


def looks_personal(cases: Iterable[Case]) -> tuple[str, ...]:
    """Fields whose names look personal, and kinds that texts hold, with how many of the texts."""
    suspects, fields = UndeclaredFields(Personal()), dict[str, str]()
    texts: list[str] = []
    for case in cases:
        fields.update(suspects(case.target or {}, case.meta))
        texts.append(case.input)
    named = [f"{place} ({kind})" for place, kind in sorted(fields.items())]
    return (*named, *_in_texts(texts))


def _in_texts(texts: list[str]) -> list[str]:
    """The kinds of values in the first texts; nothing where the finders are not installed."""
    kinds = [kind for kind in FOUND_KINDS if kind != "name"]
    asked = Personal.model_validate({"mode": "keep", "kinds": kinds})
    try:
        refuse_missing(asked)
    except EnvironmentFault:
        return []
    finder, looked = Detectors(asked), texts[:LOOKED_AT]
    found = Counter(kind for text in looked for kind in {one.kind for one in finder(text)})
    return [f"{kind} in {n} of {len(looked)} texts" for kind, n in sorted(found.items())]


def personal_warning(looks: tuple[str, ...], name: str) -> list[str]:
    """The lines to say before `git add`; none where nothing looks personal."""
    if not looks:
        return []
    shown = ", ".join(looks[:MOST_NAMED])
    more = f" and {len(looks) - MOST_NAMED} more" if len(looks) > MOST_NAMED else ""
    return [
        f"  before `git add`: {shown}{more} look personal.",
        f"  data/{name}/sources and eval/{name}/gold.jsonl hold them as they are, and git keeps",
        "  what is committed for ever: who may read this repository? `data.personal` of the",
        "  contract acts on what is trained on; `--leave-out COLUMN --again` keeps a column out",
    ]
