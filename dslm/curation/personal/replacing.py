"""One case in; the same case without its personal data out, by the contract's mode.

Input, target and meta are changed together, so that a label stays what the input says. A case whose
label does not survive that (a field too short for the surrogate, a rule that no longer holds) is
dropped, never written wrong. Called by `reading` and `spreading`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dslm.contract.answer import schema_errors
from dslm.contract.grounding import ungrounded
from dslm.contract.model import Contract
from dslm.contract.personal import Personal
from dslm.contract.rules import breaches
from dslm.curation.personal.finder import Finder
from dslm.curation.personal.finding import Finding, Identity, without_overlaps
from dslm.curation.personal.found import Found, found_of
from dslm.curation.personal.names import names_in, parts
from dslm.curation.personal.spellings import own_spellings
from dslm.curation.personal.surrogates import Surrogates
from dslm.curation.personal.word_index import Hit, WordIndex
from dslm.records import Case

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
    """Finds and replaces by a contract; what is costly is made where it is used."""

    contract: Contract
    key: bytes | None = field(repr=False)

    @property
    def personal(self) -> Personal:
        """What the contract says."""
        return self.contract.data.personal

    @cached_property
    def _finder(self) -> Finder:
        return Finder(self.personal)

    @cached_property
    def _surrogates(self) -> Surrogates | None:
        return None if self.key is None else Surrogates(self.key)

    def case(self, case: Case) -> Replaced:
        """A case without what is found in it."""
        in_input = self._finder(case.input)
        values = {(one.identity, one.text) for one in in_input}
        values |= {(name, name.value) for name in names_in(case, self.personal.names)}
        index = WordIndex({key: identity for identity, text in sorted(values)
                           for key in own_spellings(identity, text)})  # fmt: skip

        def look(text: str) -> list[Finding]:
            """Outside of the input no words around a number say what it is."""
            certain = [one for one in self._finder(text) if one.certain]
            return without_overlaps([*certain, *known_in(text, index)])

        return self.without(case, without_overlaps([*in_input, *known_in(case.input, index)]), look)

    def text(self, text: str, look: Look | None = None) -> str:
        """A text of ours that quotes a row, every finding masked."""
        if self.personal.mode == "keep":
            return text
        findings = (look or self._finder)(text)
        return _written(text, findings, [f"[{one.kind}]" for one in findings])

    def without(self, case: Case, in_input: list[Finding], look: Look) -> Replaced:
        """A case without the findings in its input, and without what `look` finds elsewhere."""
        findings: list[Finding] = []
        given: list[str] = []

        def written(text: str, here: list[Finding]) -> str:
            made = [self._instead(one) for one in here]
            findings.extend(here)
            given.extend(made)
            return _written(text, here, made)

        def change(text: str) -> str:
            return written(text, look(text))

        update = {"input": written(case.input, in_input), "target": mapped(case.target, change),
                  "meta": mapped(case.meta, change)}  # fmt: skip
        if not findings:
            return Replaced(case, Found())
        found = found_of(findings, given)
        if self.personal.mode == "keep":
            return Replaced(case, Found(found.counts))
        changed = case.model_copy(update=update)
        if self.personal.mode == "drop":
            return Replaced(changed, found, f"{REASON}{found.first_kind}")
        whole = self._label_holds(case, changed)
        return Replaced(changed, found, None if whole else BROKEN_LABEL)

    def _instead(self, one: Finding) -> str:
        if self._surrogates is None:
            return f"[{one.kind}]"
        return self._surrogates.of(one.identity, one.text)

    def _label_holds(self, before: Case, after: Case) -> bool:
        """Whether the label is as valid, as grounded and as true to the rules as it was."""
        contract = self.contract
        old, new = before.target or {}, after.target or {}
        if schema_errors(contract, new):
            return False
        if set(ungrounded(contract, after.input, new)) - set(
            ungrounded(contract, before.input, old)
        ):
            return False
        return breaches(contract, before.input, old) == breaches(contract, after.input, new)


def known_in(text: str, index: WordIndex) -> list[Finding]:
    """The known values in a text."""
    return findings_of(text, index.hits(text), index)


def findings_of(text: str, hits: Iterable[Hit], index: WordIndex) -> list[Finding]:
    """Hits as findings; a single word of a name is one only where it is written as a name."""
    found = []
    for hit in hits:
        identity = index.known[hit.key]
        if not _is_plain_word(identity, hit.key, text[hit.start]):
            spelled = text[hit.start : hit.end]
            found.append(Finding(identity.kind, hit.start, hit.end, spelled, identity))
    return found


def _is_plain_word(identity: Identity, key: str, initial: str) -> bool:
    return identity.kind == "name" and not initial.isupper() and key in parts(identity)


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with every text in it changed; a whole number is changed by its digits."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: mapped(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [mapped(item, change) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        made = change(str(value))
        if made != str(value):
            return int(made) if made.isdecimal() else made
    return value


def _written(text: str, findings: list[Finding], made: list[str]) -> str:
    for one, new in zip(reversed(findings), reversed(made), strict=True):
        text = text[: one.start] + new + text[one.end :]
    return text
