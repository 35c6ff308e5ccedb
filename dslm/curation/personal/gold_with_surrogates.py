"""Gold as people see it: its texts with the contract's surrogates in place of personal values.

Gold itself is scored as it is. Takes the gold set, the contract and the environment with its key;
gives a `GoldWithSurrogates` that changes cases, answers to them and texts that quote them, with the
same key and the same rules of spelling as curation. Where that cannot be done, nothing personal is
shown and it is said why. Called by the report, `dslm check`, `dslm review` and packaging.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from dslm.cases import as_line
from dslm.contract.cases.case_groups import group_of
from dslm.contract.model.contract_model import Contract
from dslm.curation.personal.detectors.all_detectors import refuse_missing
from dslm.curation.personal.found_in_case import CaseFindings
from dslm.curation.personal.found_values import FoundValue, longest
from dslm.curation.personal.json_texts import keys_alone, mapped, words_but
from dslm.curation.personal.known_values.known_values import (
    KnownValues,
    Values,
    group_index_of,
    known_of,
)
from dslm.curation.personal.known_values.shared_part_counts import counted
from dslm.curation.personal.known_values.shared_parts import SharedParts
from dslm.curation.personal.names.ambiguous_names import CommonNames
from dslm.curation.personal.proof.leftovers import Proof
from dslm.curation.personal.replacement.replace_in_case import Look, Replaced, Replacer
from dslm.curation.personal.surrogates.distinct_surrogates import Moved
from dslm.curation.personal.surrogates.surrogate_key import fingerprint, key_of
from dslm.errors import DslmError, EnvironmentFault, InputError
from dslm.records import Case

# as it is: the contract keeps personal data or names none; raw: asked for
How = Literal["as it is", "raw", "surrogates", "kinds", "nothing"]
NOT_SHOWN = "[not shown]"
HIDDEN: dict[str, str] = {
    "surrogates": "Personal values are shown as surrogates, invented values of the same form",
    "kinds": "Personal values are shown as their kind in brackets",
    "nothing": "Inputs, right answers and answers are not shown",
}


@dataclass(frozen=True)
class GoldWithSurrogates:
    """How the gold set of a contract is shown.

    Attributes:
        contract: The workflow's contract.
        how: What stands in place of personal values.
        fault: Why it is not as the contract asks, and what to do; None where it is.
        key: Of the surrogates.
    """

    contract: Contract
    how: How
    gold: tuple[Case, ...] = field(default=(), repr=False)
    fault: str | None = None
    key: bytes | None = field(default=None, repr=False)

    @property
    def hides(self) -> bool:
        """Whether anything is changed."""
        return self.how not in ("as it is", "raw")

    @cached_property
    def _replacer(self) -> Replacer:
        data = self.contract.data
        mode = "surrogate" if self.how == "surrogates" else "mask"
        personal = data.personal.model_copy(update={"mode": mode})
        data = data.model_copy(update={"personal": personal})
        return Replacer(self.contract.model_copy(update={"data": data}), self.key, self._shared)

    @cached_property
    def _shared(self) -> SharedParts:
        """The parts of values that many of gold's groups share."""
        labels = ((case.target or {}, case.meta) for case in self.gold)
        return counted(self.contract, labels).shared()

    @cached_property
    def _done(self) -> dict[str, Replaced]:
        """Each case without what is told in itself."""
        return {case.id: self._replacer.case(case) for case in self.gold}

    @cached_property
    def _groups(self) -> dict[str, int]:
        """The number of each case's group; a case without one is its own."""
        by = self.contract.data.group_by
        names = {case.id: group_of(case, by) or f"\0{case.id}" for case in self.gold}
        numbers = {name: number for number, name in enumerate(sorted(set(names.values())))}
        return {case: numbers[name] for case, name in names.items()}

    @cached_property
    def _known(self) -> KnownValues:
        held = [(self._groups[case], done.found.values) for case, done in self._done.items()]

        def words_left() -> Iterator[Counter[str]]:
            for done in self._done.values():
                yield Counter(words_but(as_line(done.case), done.found.given))

        return known_of(held, words_left, len(self.gold))

    def case(self, case: Case) -> Case:
        """A gold case; its id stays, by which it is found."""
        if not self.hides:
            return case
        if self.how == "nothing":
            update = {"input": NOT_SHOWN, "target": self._blank(case.target or {}),
                      "meta": self._blank(case.meta)}  # fmt: skip
            return case.model_copy(update=update)
        return self._hidden(case).case

    def answer(self, case: str, answer: Mapping[str, Any]) -> dict[str, Any]:
        """An answer to a gold case; what it has in a personal field is personal, right or wrong."""
        if not self.hides:
            return dict(answer)
        if self.how == "nothing":
            return self._blank(answer)
        said = Case(id=case, input="", target=dict(answer))
        look = self._look(self._near(case) | frozenset(self._replacer.labelled(said)))
        shown = self._replacer.without(said, [], look, settled=self._settled(case)).case
        return dict(shown.target or {})

    def quoting(self, case: str, text: str) -> str:
        """A text that quotes a gold case or an answer to it."""
        if not self.hides:
            return text
        if self.how == "nothing":
            return NOT_SHOWN if text else text
        said = Case(id=case, input="", target=self._spelled_in(text))
        near = self._near(case) | frozenset(self._replacer.labelled(said))
        return self._replacer.written(text, self._look(near)(text), self._settled(case))

    def _settled(self, case: str) -> Moved:
        """Which draws the values of a case take: the same in the answers to it."""
        return self._replacer.substitutes.settled(self._hidden(self._by_id[case]).found)

    def _hidden(self, case: Case) -> Replaced:
        of, made = self._made.get(case.id, (None, None))
        if made is None or of != case:
            look = self._look(self._near(case.id), case.id)
            made = self._replacer.without(case, look(case.input), look)
            self._made[case.id] = case, made
        return made

    @cached_property
    def _by_id(self) -> dict[str, Case]:
        return {case.id: case for case in self.gold}

    @cached_property
    def _made(self) -> dict[str, tuple[Case, Replaced]]:
        return {}

    def message(self, text: str) -> str:
        """A text of ours that may quote gold cases, every value as its kind in brackets.

        In it every value is known, and those of the cases that it names by their ids in every
        spelling. As it is where nothing can be looked for.
        """
        if not self.hides or self.how == "nothing":
            return text
        named = [case for case in self._groups if case in text]
        near: Values = frozenset().union(*map(self._near, named))
        return self._replacer.text(text, self._look(near))

    def kinds_in_names(self, case: str) -> set[str]:
        """The kinds of values in a gold case's id and the keys of its meta, which are never hidden.

        As curation's proof has it of ids: names from three letters on, others from six on, as by
        chance shorter ones stand in many.
        """
        done = self._done[case]
        names = {"id": case, "meta": keys_alone(done.case.meta)}
        own = CaseFindings(values=done.found.values)
        return Proof(self._replacer, self._known).left_in(names, own, self._groups[case])

    def _near(self, case: str) -> Values:
        done = self._done.get(case)
        if done is None:
            raise InputError(f"no gold case {case!r}", where="gold")
        return self._known.of_group(self._groups[case], done.found)

    def _look(self, near: Values, case: str | None = None) -> Look:
        """Finds values near a case; those of its own fields too where it is the case itself."""
        close = group_index_of(near)
        common = CommonNames(self._done[case].found.values if case else ())

        def look(text: str) -> list[FoundValue]:
            found = [*close.findings(text), *self._known.anywhere(text)]
            found += common.findings(text, own=True) if common else []
            return longest([*found, *self._replacer.certain(text)])

        return look

    def _blank(self, value: Mapping[str, Any]) -> dict[str, Any]:
        blank: dict[str, Any] = mapped(dict(value), lambda _: NOT_SHOWN, self._replacer.own_words)
        return blank

    def _spelled_in(self, text: str) -> dict[str, Any]:
        """What a cut or broken answer says in the personal fields of the output."""
        found: dict[str, Any] = {}
        for place in self.contract.data.personal.places:
            part, _, path = place.partition(".")
            key = re.escape(path.rpartition(".")[2])
            said = re.findall(rf'"{key}"\s*:\s*"((?:[^"\\]|\\.)*)', text)
            if part == "target" and said:
                found[path] = said
        return found


def gold_with_surrogates(
    contract: Contract, gold: Sequence[Case], environment: Mapping[str, str] | None, *,
    raw: bool = False,
) -> GoldWithSurrogates:  # fmt: skip
    """How gold is shown here.

    Args:
        contract: Says what is personal and what becomes of it.
        gold: All of it: a value of one case is looked for in all.
        environment: With the key of the surrogates; None: kinds in brackets, which need none.
        raw: As it is, since somebody asked for that.
    """
    personal = contract.data.personal
    if not personal.hides:
        return GoldWithSurrogates(contract, "as it is")
    if raw:
        return GoldWithSurrogates(contract, "raw")
    hiding = GoldWithSurrogates(contract, "kinds", tuple(gold))
    try:
        refuse_missing(personal)
    except (EnvironmentFault, InputError) as missing:
        return replace(hiding, how="nothing", fault=_told(missing))
    try:
        key = None if environment is None else key_of(personal, environment)
    except InputError as missing:
        return replace(hiding, fault=_told(missing))
    return hiding if key is None else replace(hiding, how="surrogates", key=key)


def _told(error: DslmError) -> str:
    return f"{error.what}; {error.fix}" if error.fix else error.what


def in_words(showing: GoldWithSurrogates, *, curated_with: str | None, raw_by: str) -> str:
    """How gold is shown, for readers.

    Args:
        showing: How.
        curated_with: The fingerprint of the key that curation used.
        raw_by: The command that shows it as it is.
    """
    personal = showing.contract.data.personal
    if showing.how == "raw":
        return "Cases are shown as they are and hold personal data: do not pass this on."
    if showing.how == "as it is":
        names = "counts personal data and keeps it (data.personal.mode)"
        why = names if personal.looks else "names no personal data (data.personal)"
        return f"Cases are shown as they came: the contract {why}."
    parts = [HIDDEN[showing.how]]
    if showing.fault:
        parts.append(f": {showing.fault}")
    elif showing.key:
        parts.append(_of_key(showing.key, curated_with, published=personal.demonstration_key))
    return f"{''.join(parts)}. Gold is scored as it is; `{raw_by}` shows it so."


def _of_key(key: bytes, curated_with: str | None, *, published: bool) -> str:
    mine = fingerprint(key)
    if published:
        return ", made with the published key, which hides nothing"
    if curated_with is None:
        return f" (key {mine})"
    if curated_with != mine:
        return f", made with another key ({mine}) than those of training ({curated_with})"
    return f", made with the key of training ({mine})"
