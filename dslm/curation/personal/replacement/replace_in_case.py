"""One case in; the same case without its personal data out, by the contract's mode.

Input, target and meta are changed together, so that a label stays what the input says. A case whose
label does not survive that (a field too short for the surrogate, a rule that no longer holds) is
dropped, never written wrong. Called by `source_table` and `replace_everywhere`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any

from dslm.contract.model.contract_model import Contract
from dslm.contract.model.personal_fields import Personal
from dslm.contract.schemas.schema_paths import own_words
from dslm.curation.personal.detectors.all_detectors import Detectors
from dslm.curation.personal.detectors.declared_fields import DeclaredFields, Placed
from dslm.curation.personal.detectors.undeclared_fields import Leftovers
from dslm.curation.personal.found_in_case import CaseFindings
from dslm.curation.personal.found_values import FoundValue, Identity, longest
from dslm.curation.personal.json_texts import mapped
from dslm.curation.personal.known_values.group_index import GroupIndex
from dslm.curation.personal.known_values.shared_parts import NOTHING_SHARED, SharedParts
from dslm.curation.personal.names.ambiguous_names import CommonNames
from dslm.curation.personal.replacement.label_still_right import label_holds
from dslm.curation.personal.replacement.unchanged_text import says_a_time_alone
from dslm.curation.personal.replacement.unquoted_faults import unquoted
from dslm.curation.personal.surrogates.distinct_surrogates import CROWDED, NOT_MOVED, Moved
from dslm.curation.personal.surrogates.substitutes import Substitutes, written
from dslm.curation.personal.surrogates.surrogates import Surrogates
from dslm.curation.personal.variants.value_separators import joined
from dslm.curation.sources import content_id
from dslm.records import Case

REASON, BROKEN_LABEL = "personal:", "personal:label"
UNTOLD_NAME = "personal:common_word"  # of the case's own that cannot be told from the word
Look = Callable[[str], list[FoundValue]]


@dataclass(frozen=True)
class Replaced:
    """A case after replacing, what it held, and why it is dropped if it is."""

    case: Case
    found: CaseFindings
    reason: str | None = None


@dataclass(frozen=True)
class Replacer:
    """Finds and replaces by a contract, but for `shared` parts; what is costly is made late."""

    contract: Contract
    key: bytes | None = field(repr=False)
    shared: SharedParts = NOTHING_SHARED

    @property
    def personal(self) -> Personal:
        """What the contract says."""
        return self.contract.data.personal

    @cached_property
    def _finder(self) -> Detectors:
        return Detectors(self.personal)

    @cached_property
    def substitutes(self) -> Substitutes:
        """What is written in place of values."""
        return Substitutes(None if self.key is None else Surrogates(self.key, self.shared))

    @property
    def tells_groups_apart(self) -> bool:
        """Whether the surrogates of a group's values are told apart."""
        return self.contract.data.group_by is not None and self.key is not None

    @cached_property
    def _labelled(self) -> DeclaredFields:
        return DeclaredFields(self.personal, shared=self.shared)

    @cached_property
    def leftovers(self) -> Leftovers:
        """What still looks personal in cases."""
        return Leftovers(self.personal)

    @cached_property
    def own_words(self) -> frozenset[str]:
        """Keys and listed values of the contract's output: a label's own words, nobody's."""
        return frozenset(own_words(self.contract.schema))

    def case(
        self, case: Case, came: Case | None = None, broken: Collection[str] | None = None,
        settled: Moved = NOT_MOVED, more: Collection[tuple[Identity, str]] = (),
    ) -> Replaced:  # fmt: skip
        """A case without what its fields hold and what is found in it.

        Args:
            case: As a reviewer fixed it, if one did.
            came: As it came, where it was fixed: what its fields held is personal too, and what
                the reviewer took from the text with surrogates, which is what reviewers see, stays.
            broken: The rules that its target breaks, where that was asked already.
            settled: Which draws the values of its group take, where that is known.
            more: Values that other cases of its group gave.
        """
        in_input = self._finder(case.input)
        placed = [*self._labelled.placed(case)]
        values = sorted({*self._values(case, in_input, placed), *more})
        shown = frozenset[str]()
        if came is not None and came is not case:
            shown = self._as_shown(case, came, settled)
            values = [one for one in values if one[1] not in shown]
            before = self._values(came, in_input, [*self._labelled.placed(came)])
            values = sorted({*values, *before})
        index, common = GroupIndex(values), CommonNames(values)

        def known(text: str) -> list[FoundValue]:
            found = index.findings(text)
            return [*found, *common.findings(text, own=True)] if common else found

        def look(text: str) -> list[FoundValue]:
            one = index.whole(text)  # nothing is longer
            return [one] if one else longest([*known(text), *self.certain(text)])

        in_input = longest([*known(case.input), *in_input])
        done = self.without(case, in_input, look, shown, broken, settled)
        inner = frozenset(self._labelled.within(case) if done.found.values else ())
        held = replace(
            done.found, left=self.leftovers(done.case, done.found.given, index),
            values=done.found.values | inner, fields=self._fields_in(placed),
        )  # fmt: skip
        if common and self.personal.mode != "keep" and common.untold(case.input, in_input):
            return replace(done, found=held, reason=UNTOLD_NAME)
        return replace(done, found=held)

    def _as_shown(self, case: Case, came: Case, settled: Moved) -> frozenset[str]:
        """What a fix gives personal fields in the words of the surrogates."""
        said = {text for _, text in self.labelled(case)}
        seen = self.case(came, settled=settled).case.input
        return frozenset(
            text for text in said
            if text not in came.input and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", seen)
        )  # fmt: skip

    def certain(self, text: str) -> list[FoundValue]:
        """What is found outside of an input, where no words around a number say what it is."""
        return [one for one in self._finder(text) if one.certain]

    def labelled(self, case: Case) -> Iterator[tuple[Identity, str]]:
        """What a case's personal fields hold, and how it is written there."""
        return self._labelled.values(case)

    def held_by(self, target: dict[str, Any], meta: dict[str, Any]) -> CaseFindings | None:
        """What the fields of a row hold that is no case; None for nothing."""
        if self.personal.mode == "keep":
            return None
        case = Case.model_construct(id="", input="", target=target, meta=meta)
        values = frozenset(self.labelled(case))
        return CaseFindings(values=values) if values else None

    def written(self, text: str, findings: list[FoundValue], settled: Moved) -> str:
        """A text with what stands for each finding in its place."""
        moved = self.substitutes.moved(findings, [], settled)
        return written(text, findings, [self.substitutes.of(one, moved) for one in findings])

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """The number of each personal field."""
        return {place: number for number, place in enumerate(sorted(self.personal.places))}

    def _fields_in(self, placed: Iterable[Placed]) -> tuple[int, ...]:
        return tuple(sorted({self._numbers[place] for place, _, _ in placed}))

    def _values(
        self, case: Case, found: list[FoundValue], placed: Iterable[Placed]
    ) -> list[tuple[Identity, str]]:
        """All values of a case; one that is labelled and found is what it was found as."""
        as_found = {joined(one.text): one.identity for one in found if one.kind != "name"}
        whole = ((identity, text) for _, identity, text in placed)
        labelled = [
            (as_found.get(joined(text), identity), text)
            for identity, text in chain(whole, self._labelled.within(case))
        ]
        return sorted({*labelled, *((one.identity, one.text) for one in found)})

    def named(self, case: Case) -> Case:
        """A case whose id was made of its content, which then tells nothing of it.

        Whoever knows all of a text but a number could try out which number gives a hash without
        a key.
        """
        if self.personal.mode == "keep":
            return case
        of = case if self.key else self.case(case).case
        made = content_id({"input": of.input, "target": of.target, "meta": of.meta}, self.key)
        return case.model_copy(update={"id": made})

    def fault(self, fault: str, row: Any) -> str:
        """Why a row is no case, without what the row holds: nobody knows which of it is personal.

        Args:
            fault: The reason, which may quote the row.
            row: The row's own object; None where it could not be read.
        """
        if self.personal.mode == "keep":
            return fault
        return self.text(unquoted(fault, row, self.own_words))

    def text(self, text: str, look: Look | None = None) -> str:
        """A text of ours that quotes a row, every finding masked."""
        if self.personal.mode == "keep":
            return text
        findings = (look or self._finder)(text)
        return written(text, findings, [f"[{one.kind}]" for one in findings])

    def without(
        self, case: Case, in_input: list[FoundValue], look: Look,
        shown: frozenset[str] = frozenset(), broken: Collection[str] | None = None,
        settled: Moved = NOT_MOVED,
    ) -> Replaced:  # fmt: skip
        """A case without the findings in its input, and without what `look` finds elsewhere.

        Texts of the target that are `shown` are surrogates already; `broken` and `settled` as in
        `case`.
        """
        places: dict[str, list[FoundValue]] = {}
        findings = [*in_input]

        def found_in(text: str) -> str:
            if text not in places:
                places[text] = look(text)
            findings.extend(places[text])
            return text

        own = self.own_words | shown
        mapped(case.target, found_in, own)
        self._meta(case.meta, found_in)
        if not findings:
            return Replaced(case, CaseFindings())
        moved = self.substitutes.moved(findings, [case.input, *places], settled)
        instead = {one: self.substitutes.of(one, moved) for one in findings}

        def change(text: str) -> str:
            here = places[text]
            return written(text, here, [instead[one] for one in here])

        update = {"input": written(case.input, in_input, [instead[one] for one in in_input]),
                  "target": mapped(case.target, change, own),
                  "meta": self._meta(case.meta, change)}  # fmt: skip
        found = self.substitutes.found(findings, [*shown, *instead.values()], moved)
        if self.personal.mode == "keep":
            return Replaced(case, CaseFindings(found.counts))
        changed = case.model_copy(update=update)
        if self.personal.mode == "drop":
            return Replaced(changed, found, f"{REASON}{found.first_kind}")
        if CROWDED in found.moved.values() or any(map(_stays, instead, instead.values())):
            return Replaced(changed, found, BROKEN_LABEL)
        whole = label_holds(self.contract, case, changed, broken)
        return Replaced(changed, found, None if whole else BROKEN_LABEL)

    @cached_property
    def kept_time(self) -> str | None:
        """The key of meta with the time of arrival, unless the contract calls it personal."""
        time = self.contract.data.time
        return None if f"meta.{time}" in self.personal.places else time

    def _meta(self, meta: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
        """Meta changed, but for the time of arrival, whose digits are nobody's."""
        return {key: value if key == self.kept_time and says_a_time_alone(value)
                else mapped(value, change) for key, value in meta.items()}  # fmt: skip


def _stays(one: FoundValue, instead: str) -> bool:
    """Whether what stands for a value is the value."""
    return one.text.casefold() == instead.casefold()
