"""Which cases are the person's: read from sources, gold and what curation made of them.

Takes a workspace and a group's id; gives a `Found`: the person, the rows of each file that people
keep by hand (sources with their labels, gold, review files), and a search for the texts. Called by
`inventory` and `forgetting`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from dslm.contract import load_contract
from dslm.contract.identifiers import identifier
from dslm.erasure.person import Person, key_of
from dslm.erasure.primary_files import PrimaryFile, review_rows
from dslm.erasure.reading_cases import CaseReading, Seen
from dslm.erasure.text_search import TextSearch
from dslm.errors import InputError
from dslm.settings.workspace import Workspace


@dataclass(frozen=True)
class Found:
    """What is known of the person.

    Attributes:
        person: The group and its cases.
        files: Files with its rows, in the order in which these may be taken out.
        search: For its texts, wherever else.
        cases: How many rows of sources and gold are its.
        trained: How many curated cases of it are in the splits that are trained on.
        unreadable: Rows of sources that nobody can read, and that may be anybody's.
        known: Other groups, as they are written.
    """

    person: Person
    files: tuple[PrimaryFile, ...]
    search: TextSearch
    cases: int
    trained: int
    unreadable: int
    known: tuple[str, ...]

    def near(self, name: str) -> list[str]:
        """Groups that are spelled alike, for a message."""
        folded = {key_of(one): one for one in self.known}
        close = difflib.get_close_matches(key_of(name), list(folded), n=3, cutoff=0.6)
        return [folded[one] for one in close]


def find(ws: Workspace, group: str) -> Found:
    """Look for a group's cases.

    Args:
        ws: The workflow.
        group: Its id, in any spelling that curation takes for the same.

    Raises:
        InputError: The contract names no groups, the id is none, or a file cannot be read.
    """
    contract = load_contract(ws.contract)
    group_by = contract.data.group_by
    if group_by is None:
        fix = "name the key of meta that says whose a case is: data.group_by"
        raise InputError("the contract knows no groups", where=ws.contract, fix=fix)
    key = key_of(group)
    if not key:
        raise InputError("names nobody", where="--group", fix="give the id of a group")
    seen = Seen(names={str(identifier(group))})
    reading = CaseReading(ws, contract, group_by, key, seen)
    files = [*reading.sources(), *reading.gold()]
    reading.curated()
    reading.older()
    person = reading.person()
    reviews = [
        *review_rows(ws.review, person, gold=False),
        *review_rows(ws.gold_review, person, gold=True),
    ]
    search = TextSearch.of(person.texts, reading.other_inputs())
    ordered = tuple(one for one in [*reviews, *files] if one.lines)
    known = tuple(seen.others.values())
    return Found(person, ordered, search, seen.cases, seen.trained, seen.unreadable, known)
