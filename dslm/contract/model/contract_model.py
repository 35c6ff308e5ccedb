"""The contract's shape, `data/<workflow>/workflow.yaml`, closed and typed.

Loaded once by each command and handed to everything else. Cross-field mistakes are found here;
what needs gold, grammar or rules run is proved by `dslm.checking.check_workflow`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from dslm.contract.model.closed_settings import Settings
from dslm.contract.model.decision_and_costs import Costs, DecisionPolicy, Hold, ServiceLevel
from dslm.contract.model.locales import KnownLocale
from dslm.contract.model.personal_fields import Personal
from dslm.contract.model.traffic_shares import Traffic, traffic_problems
from dslm.contract.schemas.decodable_schema import Decodable, decodable
from dslm.contract.schemas.output_schema import schema_problems
from dslm.contract.schemas.resolved_references import resolved
from dslm.provenance import digest_json
from dslm.settings.did_you_mean import nearest
from dslm.settings.files.document_loading import load_document
from dslm.settings.files.text_encodings import text_encoding

# Contracts from before there were such keep their digest
CAME_LATER = ("locale", "traffic")
CAME_LATER_TO_DECISION = ("calibrations",)


class Compare(Settings):
    """When a predicted field value equals the gold value."""

    how: Literal["exact", "text", "decimal", "date", "set", "list"] = Field(
        alias="as",
        description="exact; text folds case, punctuation and blanks; decimal allows a tolerance "
        "and leaves a currency aside; date compares days; set ignores order and repeats; list "
        "keeps order. "
        "Items of sets and lists are folded as text.",
    )
    tolerance: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="largest difference of decimals"
    )


class RuleExample(Settings):
    """An answer, fields left out being null, and the input it answers."""

    input: str = ""
    output: dict[str, Any]


class RuleExamples(Settings):
    """The proof that a rule can hold and can be breached."""

    holds: RuleExample = Field(alias="pass")
    breached: RuleExample = Field(alias="fail")


class Rule(Settings):
    """A deterministic check in CEL over `input` (text) and `output` (object)."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    expr: str
    breach: Hold = Field(description="what happens to a case whose answer breaks the rule")
    means: str = Field(description="what a breach means, in the workflow owner's words")
    examples: RuleExamples


class Columns(Settings):
    """Where a source keeps the parts of a case: column or key names."""

    id: str = "id"
    input: str = "input"
    target: str | dict[str, str] = Field(
        "target", description="one column with the object (or its JSON), or field → column"
    )
    meta: str | list[str] = Field("meta", description="one column with an object, or columns")


class Source(Settings):
    """Files of labelled cases, and what is known of their origin."""

    path: str = Field(description="file or glob, relative to the contract")
    licence: str
    origin: str
    columns: Columns = Columns()
    encoding: str = Field(
        "utf-8", description="of text files without a byte-order mark; of mail, where it names none"
    )
    at_most: int | None = Field(
        None, ge=1, description="most cases kept of this source; poisoning takes an absolute number"
    )

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if text_encoding(value) is None:
            raise ValueError(f"{value!r} is no encoding of text, such as utf-8 or cp1252")
        return value


class Split(Settings):
    """Shares of the curated cases, or the days on which the parts begin; groups are never cut."""

    train: float = Field(0.8, gt=0, lt=1)
    validation: float = Field(0.05, gt=0, lt=1)
    calibration: float = Field(0.15, gt=0, lt=1)
    validation_from: dt.date | None = Field(
        None, description="train on the past: cases from this day on are validation"
    )
    calibration_from: dt.date | None = Field(
        None, description="cases from this day on are calibration; the shares then do not count"
    )

    @model_validator(mode="after")
    def _adds_to_one(self) -> Self:
        if abs(self.train + self.validation + self.calibration - 1) > 1e-9:
            raise ValueError("train, validation and calibration must add up to 1")
        first, second = self.validation_from, self.calibration_from
        if (first is None) != (second is None):
            raise ValueError(
                "validation_from and calibration_from are given together or not at all"
            )
        if first and second and first >= second:
            raise ValueError("validation_from must be before calibration_from")
        return self


class Window(Settings):
    """Days between which a case may have arrived, both included."""

    first: dt.date | None = None
    last: dt.date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first and self.last and self.first > self.last:
            raise ValueError("first is after last")
        return self


class Data(Settings):
    """Where labelled cases come from, and how they are kept apart."""

    sources: list[Source] = Field(min_length=1)
    group_by: str | None = Field(None, description="meta field; a group never crosses splits")
    time: str | None = Field(None, description="meta field with the time a case arrived")
    split: Split = Split()
    near_duplicate: float = Field(
        0.8, gt=0, le=1, description="Jaccard similarity of 3-grams from which texts are the same"
    )
    max_rejects: float = Field(0.01, ge=0, lt=1, description="share of unreadable rows that stops")
    personal: Personal = Field(Personal(), description="personal data in inputs, targets and meta")
    valid_until: dt.date | None = None
    window: Window = Window()
    contradictions: Literal["drop", "majority", "stop"] = Field(
        "drop", description="what becomes of one input with several answers"
    )
    languages: list[str] = Field(
        default_factory=list, description="ISO 639-1 codes an input may be in; empty: any"
    )
    least_characters: int = Field(
        1, ge=0, description="letters and digits an input must have to be worth training on"
    )
    at_most_per: dict[str, int] = Field(
        default_factory=dict, description="output field → most cases kept of each of its values"
    )

    @model_validator(mode="after")
    def _knows_the_time(self) -> Self:
        asking = [
            name
            for name, asked in {
                "window": self.window != Window(),
                "split.calibration_from": self.split.calibration_from,
            }.items()
            if asked
        ]
        if asking and self.time is None:
            raise ValueError(f"{asking[0]} needs data.time, the meta field with the arrival time")
        return self


class Contract(Settings):
    """One workflow, as its owner agreed to it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    version: int = Field(ge=1, description="raise when schema, labels or meaning change")
    summary: str
    task: str = Field(min_length=1, description="all the instruction the fine-tuned model sees")
    output: dict[str, Any] = Field(description="JSON Schema 2020-12 of the answer")
    locale: KnownLocale = Field(
        None, description="CLDR locale such as de_DE, or several: what 1.234 and 03/04/2025 mean"
    )
    compare: dict[str, Compare] = Field(default_factory=dict)
    rules: list[Rule] = Field(default_factory=list)
    grounded: list[str] = Field(default_factory=list, description="must occur in the input")
    out_of_scope: dict[str, list[Any]] = Field(
        default_factory=dict, description="field → values that mean: do not process"
    )
    decision: DecisionPolicy
    costs: Costs
    slo: ServiceLevel
    slices: list[str] = Field(default_factory=list, description="meta fields to report apart")
    traffic: Traffic = Field(
        default_factory=dict, description="one of slices → each value's share of production"
    )
    data: Data

    @property
    def fields(self) -> tuple[str, ...]:
        """The answer's fields, in the order they are written."""
        return tuple(self.schema["properties"])

    @cached_property
    def schema(self) -> dict[str, Any]:  # type: ignore[override]  # pydantic 1's, long deprecated
        """`output` with nothing left to look up; see `resolved`."""
        return resolved(self.output)

    @cached_property
    def decodable(self) -> Decodable:
        """`schema` as validator and grammar are built from it."""
        return decodable(self.schema)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy, some keys changed and not checked; it does not keep what was made of `output`."""
        made = super().model_copy(update=update, deep=deep)
        for name in ("schema", "decodable"):
            made.__dict__.pop(name, None)
        return made

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        problems = schema_problems(self.output)
        if not problems:
            named = {"compare": self.compare, "grounded": self.grounded,
                     "out_of_scope": self.out_of_scope, "costs.by_field": self.costs.by_field,
                     "data.at_most_per": self.data.at_most_per}  # fmt: skip
            for key, names in named.items():
                for name in names:
                    if name not in self.fields:
                        near = nearest(name, list(self.fields))
                        hint = f"; did you mean {near!r}?" if near else ""
                        problems.append(f"{key} names {name!r}, which is no output field{hint}")
            problems += self.data.personal.problems(self.schema)
        problems += traffic_problems(self.traffic, self.slices)
        ids = [rule.id for rule in self.rules]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        problems += [f"rule id {i!r} is used twice" for i in twice]
        if self.slo.p99_ms < self.slo.p95_ms:
            problems.append("slo.p99_ms is below slo.p95_ms")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def digest(self) -> str:
        """What the contract means; comments and layout do not count."""
        document = self.model_dump(mode="json", by_alias=True)
        document["decision"] = {
            k: v for k, v in document["decision"].items() if v or k not in CAME_LATER_TO_DECISION
        }
        return digest_json({k: v for k, v in document.items() if v or k not in CAME_LATER})


def load_contract(path: Path) -> Contract:
    """The contract at `path`.

    Raises:
        Problems: Every mistake in it, with file, line and key.
    """
    return load_document(path, Contract, fix="`dslm init NAME --from sample.jsonl` makes one")
