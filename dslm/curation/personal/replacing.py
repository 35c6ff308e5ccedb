"""One case in; the same case without its personal data out, by the contract's mode.

Input, target and meta are changed together, so that a label stays what the input says. A case whose
label does not survive that (a field too short for the surrogate, a rule that no longer holds) is
dropped, never written wrong. Called by `reading` and `spreading`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from dslm.contract.answer import schema_errors
from dslm.contract.grounding import ungrounded
from dslm.contract.model import Contract
from dslm.contract.personal import FOUND_KINDS, Personal
from dslm.contract.rules import breaches
from dslm.contract.schemas.holding import own_words
from dslm.curation.mapping import content_id
from dslm.curation.personal.close_index import CloseIndex
from dslm.curation.personal.finder import Finder
from dslm.curation.personal.finding import Finding, Identity, without_overlaps
from dslm.curation.personal.found import NOTHING, Found, found_of
from dslm.curation.personal.given import outside
from dslm.curation.personal.labelled import Labelled
from dslm.curation.personal.shared_parts import NOTHING_SHARED, SharedParts
from dslm.curation.personal.spelling import joined
from dslm.curation.personal.surrogates import Surrogates
from dslm.curation.personal.undeclared import Suspects
from dslm.curation.personal.written import texts_in, whole_number
from dslm.records import Case

SHORTEST_QUOTED, QUOTED = 2, "[value]"
BEGINNING = 16  # characters of a text that are hardly another's
REASON, BROKEN_LABEL = "personal:", "personal:label"
Look = Callable[[str], list[Finding]]


@dataclass(frozen=True)
class Replaced:
    """A case after replacing, what it held, and why it is dropped if it is."""

    case: Case
    found: Found
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
    def _finder(self) -> Finder:
        return Finder(self.personal)

    @cached_property
    def _surrogates(self) -> Surrogates | None:
        return None if self.key is None else Surrogates(self.key, self.shared)

    @cached_property
    def _labelled(self) -> Labelled:
        return Labelled(self.personal, shared=self.shared)

    @cached_property
    def _suspects(self) -> Suspects:
        return Suspects(self.personal)

    @cached_property
    def _unasked(self) -> Finder:
        """Finds what looks like personal data of the kinds that the contract does not name."""
        kinds = [k for k in FOUND_KINDS if k != "name" and k not in self.personal.kinds]
        return Finder(self.personal.model_copy(update={"kinds": kinds, "presidio": None}))

    @cached_property
    def own_words(self) -> frozenset[str]:
        """Keys and listed values of the contract's output: a label's own words, nobody's."""
        return frozenset(own_words(self.contract.schema))

    def case(
        self, case: Case, came: Case | None = None, broken: Collection[str] | None = None
    ) -> Replaced:
        """A case without what its fields hold and what is found in it.

        Args:
            case: As a reviewer fixed it, if one did.
            came: As it came, where it was fixed: what its fields held is personal too, and what
                the reviewer took from the text with surrogates, which is what reviewers see, stays.
            broken: The rules that its target breaks, where that was asked already.
        """
        in_input = self._finder(case.input)
        values, shown = self._values(case, in_input), frozenset[str]()
        if came is not None and came is not case:
            shown = self._as_shown(case, came)
            values = [one for one in values if one[1] not in shown]
            values = sorted({*values, *self._values(came, in_input)})
        index = CloseIndex(values)

        def look(text: str) -> list[Finding]:
            one = index.whole(text)  # nothing is longer
            return [one] if one else longest([*index.findings(text), *self.certain(text)])

        in_input = longest([*index.findings(case.input), *in_input])
        done = self.without(case, in_input, look, shown, broken)
        left = self._left(done, index)
        return replace(done, found=replace(done.found, left=left)) if left else done

    def _as_shown(self, case: Case, came: Case) -> frozenset[str]:
        """What a fix gives personal fields in the words of the surrogates."""
        said, seen = {text for _, text in self.labelled(case)}, self.case(came).case.input
        return frozenset(
            text for text in said
            if text not in came.input and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", seen)
        )  # fmt: skip

    def certain(self, text: str) -> list[Finding]:
        """What is found outside of an input, where no words around a number say what it is."""
        return [one for one in self._finder(text) if one.certain]

    def labelled(self, case: Case) -> Iterator[tuple[Identity, str]]:
        """What a case's personal fields hold, and how it is written there."""
        return self._labelled.values(case)

    def written(self, text: str, findings: list[Finding]) -> str:
        """A text with what stands for each finding in its place."""
        return _written(text, findings, [self._instead(one) for one in findings])

    def _values(self, case: Case, found: list[Finding]) -> list[tuple[Identity, str]]:
        """All values of a case; one that is labelled and found is what it was found as."""
        as_found = {joined(one.text): one.identity for one in found if one.kind != "name"}
        labelled = [
            (as_found.get(joined(text), identity), text) for identity, text in self.labelled(case)
        ]
        return sorted({*labelled, *((one.identity, one.text) for one in found)})

    def _left(self, done: Replaced, index: CloseIndex) -> Counter[str]:
        """What still looks personal: fields nobody declared, kinds in the text nobody asked for."""
        case = done.case
        left = [place for place, _ in self._suspects(case.target or {}, case.meta)]
        if found := outside(self._unasked(case.input), case.input, done.found.given):
            declared = index.findings(case.input) if self.personal.mode == "keep" else []
            left += [
                f"input: {one.kind}" for one in found
                if all(one.end <= known.start or known.end <= one.start for known in declared)
            ]  # fmt: skip
        return Counter(left) if left else NOTHING

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
        held = {text for text, naming in texts_in(row) if not naming} - self.own_words
        for text in sorted((t for t in held if len(t) >= SHORTEST_QUOTED), key=len, reverse=True):
            for quoted in (text, repr(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
                fault = _unquoted(fault, quoted)
        return self.text(fault)

    def text(self, text: str, look: Look | None = None) -> str:
        """A text of ours that quotes a row, every finding masked."""
        if self.personal.mode == "keep":
            return text
        findings = (look or self._finder)(text)
        return _written(text, findings, [f"[{one.kind}]" for one in findings])

    def without(
        self, case: Case, in_input: list[Finding], look: Look,
        shown: frozenset[str] = frozenset(), broken: Collection[str] | None = None,
    ) -> Replaced:  # fmt: skip
        """A case without the findings in its input, and without what `look` finds elsewhere.

        Texts of the target that are `shown` are surrogates already; `broken` as in `case`.
        """
        findings: list[Finding] = []
        given: list[str] = [*shown]

        def written(text: str, here: list[Finding]) -> str:
            made = [self._instead(one) for one in here]
            findings.extend(here)
            given.extend(made)
            return _written(text, here, made)

        def change(text: str) -> str:
            return written(text, look(text))

        update = {"input": written(case.input, in_input),
                  "target": mapped(case.target, change, self.own_words | shown),
                  "meta": self._meta(case.meta, change)}  # fmt: skip
        if not findings:
            return Replaced(case, Found())
        found = found_of(findings, given)
        if self.personal.mode == "keep":
            return Replaced(case, Found(found.counts))
        changed = case.model_copy(update=update)
        if self.personal.mode == "drop":
            return Replaced(changed, found, f"{REASON}{found.first_kind}")
        whole = self._label_holds(case, changed, broken)
        return Replaced(changed, found, None if whole else BROKEN_LABEL)

    @cached_property
    def kept_time(self) -> str | None:
        """The key of meta with the time of arrival, unless the contract calls it personal."""
        time = self.contract.data.time
        return None if f"meta.{time}" in self.personal.places else time

    def _meta(self, meta: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
        """Meta changed, but for the time of arrival, whose digits are nobody's."""
        kept = self.kept_time
        return {key: value if key == kept else mapped(value, change)
                for key, value in meta.items()}  # fmt: skip

    def _instead(self, one: Finding) -> str:
        if self._surrogates is None:
            return f"[{one.kind}]"
        return self._surrogates.of(one.identity, one.text)

    def _label_holds(
        self, before: Case, after: Case, broken: Collection[str] | None = None
    ) -> bool:
        """Whether the label is as valid, as grounded and as true to the rules as it was."""
        contract = self.contract
        old, new = before.target or {}, after.target or {}
        if (before.input, old) == (after.input, new):
            return True
        if schema_errors(contract, new):
            return False
        loose = set(ungrounded(contract, after.input, new))
        if loose and loose - set(ungrounded(contract, before.input, old)):
            return False
        if broken is None:
            broken = [rule.id for rule in breaches(contract, before.input, old)]
        return {rule.id for rule in breaches(contract, after.input, new)} == set(broken)


def longest(findings: list[Finding]) -> list[Finding]:
    """Of findings that share a character the longest, of equal ones the one given first."""
    return without_overlaps(sorted(findings, key=lambda one: one.start - one.end))


def mapped(value: Any, change: Callable[[str], str], kept: frozenset[str] = frozenset()) -> Any:
    """A JSON value with every text in it changed; a whole number is changed by its digits.

    Args:
        value: Any.
        change: Gives the new text.
        kept: Texts that stay as they are.
    """
    if isinstance(value, str):
        return value if value in kept else change(value)
    if isinstance(value, dict):
        return {key: mapped(inner, change, kept) for key, inner in value.items()}
    if isinstance(value, list):
        return [mapped(item, change, kept) for item in value]
    if (whole := whole_number(value)) is not None:
        made = change(whole)
        if made != whole:
            return type(value)(made) if made.isdecimal() else made
    return value


def _unquoted(fault: str, quoted: str) -> str:
    """A reason without a text that it quotes as words, or of which it was cut off."""
    fault = re.sub(rf"(?<!\w){re.escape(quoted)}(?!\w)", QUOTED, fault)
    at = fault.find(quoted[:BEGINNING]) if len(quoted) > BEGINNING else -1
    return fault if at < 0 else f"{fault[:at]}{QUOTED} …"


def _written(text: str, findings: list[Finding], made: list[str]) -> str:
    for one, new in zip(reversed(findings), reversed(made), strict=True):
        text = text[: one.start] + new + text[one.end :]
    return text
