"""Personal data in one curation, from the key to the proof: what `pipeline` calls, in this order.

`cleaning_of` before any work, `replacer` while rows are read, `everywhere` on their table, `book`
for the ledger, `prove` on what was written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dslm.contract.model.contract_model import Contract
from dslm.contract.model.personal_fields import PersonalKind
from dslm.curation.ledger import PersonalBook, PersonalCount
from dslm.curation.personal.detectors.all_detectors import refuse_missing
from dslm.curation.personal.found_in_case import tallied
from dslm.curation.personal.known_values.known_values import KnownValues, known_values, texts_found
from dslm.curation.personal.known_values.shared_part_counts import shared_parts
from dslm.curation.personal.known_values.shared_parts import NOTHING_SHARED, SharedParts
from dslm.curation.personal.proof.leftovers import Proof
from dslm.curation.personal.proof.written_files import Lines, refuse_left
from dslm.curation.personal.replacement.replace_everywhere import replace_everywhere
from dslm.curation.personal.replacement.replace_in_case import Replacer
from dslm.curation.personal.surrogates.surrogate_key import fingerprint, key_of
from dslm.curation.sources import Engine, Rows
from dslm.errors import InputError

LISTED = ("is called personal, and the schema lists its values, which stand in every prompt and "
          "in every label")  # fmt: skip
UNLISTED = "let the field be any text, or say `{kind: none}` where the values are nobody's"


@dataclass(frozen=True)
class PersonalPipeline:
    """How one contract's personal data is dealt with."""

    contract: Contract
    key: bytes | None = field(repr=False)
    shared: SharedParts = NOTHING_SHARED

    @property
    def replacer(self) -> Replacer:
        """What every worker replaces with."""
        return Replacer(self.contract, self.key, self.shared)

    @property
    def key_fingerprint(self) -> str | None:
        """What may be told of the key."""
        return None if self.key is None else fingerprint(self.key)

    @property
    def inputs(self) -> dict[str, str]:
        """The key's line in the manifest, where one was used."""
        told = self.key_fingerprint
        return {} if told is None else {"personal_key": told}

    def with_shared_parts(self, contract_dir: Path, engine: Engine) -> PersonalPipeline:
        """The same, which leaves parts of names alone that many groups of the sources share."""
        return replace(self, shared=shared_parts(self.contract, contract_dir, engine))

    def everywhere(self, rows: Rows, work: Path, engine: Engine) -> tuple[Rows, KnownValues]:
        """The rows with every value that any of them held replaced, and these values."""
        known = known_values(rows)
        return replace_everywhere(rows, self.replacer, known, work, engine), known

    def book(self, rows: Rows, known: KnownValues) -> PersonalBook:
        """The ledger's section: cases and findings by kind, and what was left."""
        cases: Counter[PersonalKind] = Counter()
        findings: Counter[PersonalKind] = Counter()
        left: Counter[str] = Counter()
        held: Counter[int] = Counter()
        for one in tallied(texts_found(rows)):
            cases.update(dict.fromkeys(one.counts, one.cases))
            findings.update({kind: count * one.cases for kind, count in one.counts.items()})
            left.update(dict.fromkeys(one.left, one.cases))
            held.update(dict.fromkeys(one.fields, one.cases))
        places = self.contract.data.personal.places
        return PersonalBook(
            mode=self.contract.data.personal.mode,
            key=self.key_fingerprint,
            kinds={kind: PersonalCount(cases=cases[kind], findings=findings[kind])
                   for kind in sorted(cases)},
            fields=dict(sorted(places.items())),
            in_fields={place: held[number] for number, place in enumerate(sorted(places))},
            exempted=len(known.exempted),
            short=known.short,
            shared=len(self.shared),
            left=dict(sorted(left.items())),
        )  # fmt: skip

    def prove(
        self, folder: Path, written: Mapping[str, Lines], known: KnownValues, work: Path,
        engine: Engine,
    ) -> None:  # fmt: skip
        """Stop where anything in `folder` still holds a value.

        Args:
            folder: What was written.
            written: By the name of a file, line by line, what the cases that it tells of held, and
                the number of their group.
            known: All values; none where the mode is keep.
            work: Where the table of all rows lies.
            engine: Whose processes look.

        Raises:
            InputError: Something is left.
        """
        if not known and self.contract.data.personal.mode == "keep":
            return
        files = [(folder / f"{name}.jsonl", held) for name, held in written.items()]
        refuse_left(files, self.replacer, known, work, engine)
        Proof(self.replacer, known).refuse_left_in_ledger(folder / "ledger.json")


def personal_pipeline(
    contract: Contract, environment: Mapping[str, str]
) -> PersonalPipeline | None:
    """What a contract asks for; None where it looks for no personal data.

    Raises:
        InputError: The key or a library is missing, a region is none, or the schema lists the
            values of a personal field.
    """
    personal = contract.data.personal
    if not personal.looks:
        return None
    if personal.mode != "keep" and (listed := personal.listed_places(contract.schema)):
        raise InputError(f"{listed[0]} {LISTED}", where="data.personal.fields", fix=UNLISTED)
    key = key_of(personal, environment)
    refuse_missing(personal)
    return PersonalPipeline(contract, key)
