"""Personal values taken out of what goes to people outside, whatever the contract does with them.

Takes contract, gold set and a release's rows; gives a `PersonalRedaction`, by which
`collected_files` writes every text of the folder. A contract that keeps personal data within the
house does not send it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dslm.contract import Contract
from dslm.curation.personal import GoldWithSurrogates, gold_with_surrogates
from dslm.errors import ReleaseRefused
from dslm.records import Case, Row
from dslm.releasing.dossier.dossier_contents import HIDDEN, NONE_LOOKED_FOR


@dataclass(frozen=True)
class PersonalRedaction:
    """Hides personal values in texts; the same text always becomes the same.

    `names` numbers those that differ, and would be the same once they are hidden.
    """

    showing: GoldWithSurrogates
    seen: dict[str, str] = field(default_factory=dict, repr=False)
    names: dict[str, list[str]] = field(default_factory=dict, repr=False)

    @property
    def told(self) -> str:
        """How personal values fare, for readers."""
        return HIDDEN if self.showing.hides else NONE_LOOKED_FOR

    def text(self, text: str) -> str:
        """A text with the kind of each personal value in its place."""
        if text.startswith("sha256:"):
            return text
        if text not in self.seen:
            self.seen[text] = self.showing.message(text)
        return self.seen[text]

    def name(self, text: str) -> str:
        """The same of a name by which things are told apart."""
        hidden = self.text(text)
        if hidden == text:
            return text
        alike = self.names.setdefault(hidden, [])
        if text not in alike:
            alike.append(text)
        return f"{hidden} {alike.index(text) + 1}"

    def value(self, value: Any) -> Any:
        """The same of a JSON value and all texts in it."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(one) for one in value]
        if isinstance(value, dict):
            return {self.name(key): self.value(one) for key, one in value.items()}
        return value


def personal_redaction(
    contract: Contract, gold: Sequence[Case], rows: Iterable[Row], where: Path
) -> PersonalRedaction:
    """How personal values of gold and of answers to it are hidden.

    Args:
        contract: Says what is personal.
        gold: The gold set that is here.
        rows: Of the release: what they say of cases that gold has no more is looked for too.
        where: Gold, for the message.

    Raises:
        ReleaseRefused: They cannot be looked for here.
    """
    known = {case.id for case in gold}
    answered = {
        row.id: Case(id=row.id, input="", target=row.prediction.object)
        for row in rows
        if row.id not in known and row.prediction.object is not None
    }
    personal = contract.data.personal
    if personal.looks and not personal.hides:
        personal = personal.model_copy(update={"mode": "mask"})
        data = contract.data.model_copy(update={"personal": personal})
        contract = contract.model_copy(update={"data": data})
    showing = gold_with_surrogates(contract, [*gold, *answered.values()], None)
    if showing.how == "nothing":
        what = f"nobody outside gets personal data: {showing.fault}"
        raise ReleaseRefused(what, where=where)
    return PersonalRedaction(showing)
