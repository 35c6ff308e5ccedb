"""Suspect labels of gold, for a person: listed beside what curation kept, and mended where asked.

Gold is what a model is judged by, so no model that is judged has a say in it: what doubts a label
here is a small model of words, learnt from other groups of the curated cases and of gold, and the
contract's own checks. Verdicts stand in `eval/<workflow>/gold-review.csv`; nothing changes gold but
`apply`. Called by `dslm review --gold`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.cases import read_labelled, write_records
from dslm.contract.model.contract_model import Contract, load_contract
from dslm.curation.labels.review_decisions import read_decisions
from dslm.curation.labels.review_list import Reviewed, curated_cases, reviewed
from dslm.errors import InputError
from dslm.records import Case, Record
from dslm.settings.files.regular_files import is_there
from dslm.settings.workspace import Workspace

BESIDE = "\x00curated "  # before the ids of curated cases, which may be those of gold cases


class Mended(Record):
    """What `apply` did to gold.

    Attributes:
        cases: How many there are now.
        fixed: Ids of the cases with a changed value.
        dropped: Ids of those that were taken out.
    """

    cases: int
    fixed: tuple[str, ...]
    dropped: tuple[str, ...]


def review_gold(ws: Workspace, at_most: int) -> Reviewed:
    """Look for suspect labels in gold and write its review file.

    Args:
        ws: The workflow's paths.
        at_most: Rows without a verdict that the file may have.

    Raises:
        InputError: Gold or the review file cannot be read.
        Problems: Wrong labels or wrong verdicts; both files are left as they are.
    """
    contract = load_contract(ws.contract)
    gold = read_labelled(ws.gold, contract)
    return reviewed(contract, ws.gold_review, gold, at_most, beside=_curated(ws, contract))


def _curated(ws: Workspace, contract: Contract) -> Sequence[Case]:
    """What curation kept, under ids of its own; none where nothing is curated yet."""
    if not ws.curated.is_dir():
        return ()
    found = curated_cases(ws, contract)
    return [case.model_copy(update={"id": f"{BESIDE}{case.id}"}) for case in found]


def apply(ws: Workspace) -> Mended:
    """Write the verdicts of gold's review file into gold, whole or not at all.

    Raises:
        InputError: There is no review file, or nothing would be left.
        Problems: Wrong verdicts, or fixes that do not fit one another.
    """
    contract = load_contract(ws.contract)
    if not is_there(ws.gold_review):
        raise InputError("no such file", where=ws.gold_review,
                         fix=f"run `dslm review {ws.workflow} --gold`, and write verdicts into it",
                         )  # fmt: skip
    gold = read_labelled(ws.gold, contract)
    verdicts = read_decisions(ws.gold_review, contract)
    left = [case for case in gold if case.id not in verdicts.drops]
    if not left:
        raise InputError("every gold case would be dropped", where=ws.gold_review,
                         fix="label a gold set first")  # fmt: skip
    made = [verdicts.applied(contract, case) for case in left]
    verdicts.refuse_misfits(contract, (case for case in made if case.id in verdicts.fixes))
    fixed = [new.id for new, old in zip(made, left, strict=True) if new != old]
    dropped = [case.id for case in gold if case.id in verdicts.drops]
    if fixed or dropped:
        write_records(ws.gold, made)
    return Mended(cases=len(made), fixed=tuple(fixed), dropped=tuple(dropped))
