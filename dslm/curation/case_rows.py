"""Cases as they were read → their rows of the table: fixed, asked, and without personal data.

Every case crosses labels, filters and personal data here and once. Takes what `sources` read of a
chunk; gives the columns of its rows. Made by `pipeline`, called by the source table in every
worker, which knows nothing of these rooms.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from typing import Any

from dslm.cases import as_line
from dslm.contract.cases.identifiers import NoName, group_key
from dslm.contract.model.contract_model import Contract
from dslm.curation.case_table import columns_of, number_of
from dslm.curation.filters import Block, apply_filters, rule_breaks
from dslm.curation.labels import ReviewDecisions
from dslm.curation.ledger import Drop
from dslm.curation.personal import CaseFindings, OriginalCase, Replaced, Replacer, words_but
from dslm.curation.sources import WORDS, FaultyRow, ReadCase, labels_of
from dslm.records import Case

NO_DECISIONS = ReviewDecisions()


@dataclass(frozen=True)
class CaseRows:
    """Makes the rows of a chunk.

    Filters and the columns for comparing see a case as it came, so that leaks from gold are found;
    its record, which is all that is ever written, is made afterwards by the replacer.

    Attributes:
        contract: The workflow's contract.
        filters: What is asked of each case by itself.
        decisions: What people said of single cases.
        replacer: What replaces personal data; None where the contract looks for none.
    """

    contract: Contract
    filters: Sequence[Block] = ()
    decisions: ReviewDecisions = NO_DECISIONS
    replacer: Replacer | None = None

    @cached_property
    def _rules_asked(self) -> bool:
        return any(isinstance(f, partial) and f.func is rule_breaks for f in self.filters)

    def __call__(
        self, read: Sequence[ReadCase], faults: Sequence[FaultyRow]
    ) -> list[dict[str, Any]]:
        """The rows of all cases of a chunk, then those of what is no case, by column."""
        came = [self._named(one) for one in read]
        cases = [self.decisions.applied(self.contract, case) for case in came]
        _, drops = apply_filters(cases, self.filters)
        said = {drop.id: drop for drop in drops}
        rows = [
            self._row(case, said.get(case.id), before)
            for case, before in zip(cases, came, strict=True)
        ]
        if self.replacer and rows:
            counts = Counter(chain.from_iterable(row.pop(WORDS) for row in rows))
            rows[0][WORDS] = json.dumps(counts)
        return [*rows, *map(self._fault_row, faults)]

    def _named(self, read: ReadCase) -> Case:
        """The case, under a name that tells nothing of its content."""
        if read.own_id or self.replacer is None:
            return read.case
        return self.replacer.named(read.case)

    def _row(self, case: Case, drop: Drop | None, came: Case) -> dict[str, Any]:
        """What the table holds of a case; a filter's reason to drop it comes before ours.

        Where no filter has one, its target breaks the rules that it says it does.
        """
        broken = case.meta.get("breaks", []) if self._rules_asked and drop is None else None
        done = (
            self.replacer.case(case, came, broken)
            if self.replacer
            else Replaced(case, CaseFindings())
        )
        record = as_line(done.case)
        return columns_of(case, self.contract) | {
            WORDS: words_but(record, done.found.given) if self.replacer else None,
            "fixed": case.id in self.decisions.fixes,
            "record": record,
            "reason": drop.reason if drop else done.reason,
            "of": drop.of if drop else None,
            "personal": done.found.to_json() if done.found else None,
            "came": self._came(case, came, broken) if done.found.values else None,
        }

    def _came(self, case: Case, came: Case, broken: Collection[str] | None) -> str | None:
        """What replacing anew asks for, where its group may ask for other surrogates."""
        if not (self.replacer and self.replacer.tells_groups_apart):
            return None
        return OriginalCase(case, None if came is case else came, broken).to_json()

    def _fault_row(self, row: FaultyRow) -> dict[str, Any]:
        """What the table holds of a row that is no case; whom it names is looked for elsewhere."""
        if self.replacer is None:
            return {"fault": row.fault}
        told: dict[str, Any] = {"fault": self.replacer.fault(row.fault, row.value)}
        if row.value is not None:
            columns, textual = row.file.source.columns, row.file.kind.textual
            labels = labels_of(row.value, columns, self.contract.fields, textual=textual)
            held = self.replacer.held_by(*labels)
            if held is not None:
                told["personal"] = held.to_json()
                told["group_number"] = self._group_of(labels[1])
        return told

    def _group_of(self, meta: Mapping[str, Any]) -> int | None:
        by = self.contract.data.group_by
        try:
            key = group_key(meta.get(by)) if by else ""
        except NoName:
            return None
        return number_of(key) if key else None
