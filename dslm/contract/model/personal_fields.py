"""What the contract says of personal data: `data.personal`.

Part of the contract's model; `dslm.curation.personal` does what it says. Which kinds are looked
for, which fields hold personal data, and what becomes of it, is the workflow owner's decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)

from dslm.contract.model.closed_settings import Settings
from dslm.contract.model.personal_kinds import kind_named
from dslm.contract.schemas.schema_paths import held_by, lists_values, nearest_place
from dslm.settings.did_you_mean import nearest

FoundKind = Literal["email", "iban", "card", "tax", "phone", "name"]
PersonalKind = Literal[
    "email", "iban", "card", "tax", "phone", "name", "national_id", "id", "address", "date",
    "company",
]  # fmt: skip
PersonalMode = Literal["surrogate", "mask", "drop", "keep"]
Place = Annotated[str, StringConstraints(pattern=r"^(meta|target)\..+$")]
Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
FOUND_KINDS: tuple[FoundKind, ...] = get_args(FoundKind)


def _named(value: Any) -> Any:
    """The kind that a name people try means; what means none stays, to be refused as it is."""
    return (kind_named(value) or value) if isinstance(value, str) else value


def _as_found(value: Any) -> Any:
    """As `_named`, among what can be looked for: a social security number is found as `tax`."""
    named = _named(value)
    return "tax" if named == "national_id" else named


def _spelled_out(value: Any) -> Any:
    """`target.ssn: ssn` for `target.ssn: {kind: ssn}`."""
    return {"kind": value} if isinstance(value, str) else value


class PersonalField(Settings):
    """What the values of one field are."""

    kind: Annotated[PersonalKind | Literal["none"], BeforeValidator(_named)] = Field(
        description="name, email, phone, iban, card, tax, national_id, address, date (of birth), "
        "id (any number or code of a person: policy, account, passport), company (supplier, "
        "employer); none says that somebody looked and the field holds nothing personal"
    )


class Personal(Settings):
    """Which personal data is looked for, and what becomes of it."""

    mode: PersonalMode = Field(
        "keep", description="surrogate replaces a value by an invented one of the same form; mask "
        "by its kind in brackets; drop leaves the case out; keep counts and changes nothing",
    )  # fmt: skip
    kinds: list[Annotated[FoundKind, BeforeValidator(_as_found)]] = Field(
        default_factory=list, description="what is looked for"
    )
    fields: dict[Place, Annotated[PersonalField, BeforeValidator(_spelled_out)]] = Field(
        default_factory=dict, description="meta.<key> or target.<field> whose values are personal, "
        "and of which kind; a dot leads into an object, and through lists",
    )  # fmt: skip
    names: list[Place] = Field(
        default_factory=list, description="meta.<key> or target.<field> that hold names; as "
        "`fields` with `kind: name`",
    )  # fmt: skip
    regions: list[Region] = Field(
        default_factory=list, description="countries whose telephone numbers are found without a "
        "country code, two letters each (ISO 3166)",
    )  # fmt: skip
    presidio: str | None = Field(
        None, pattern=r"^[a-z]{2}$", description="language in which Presidio looks for names too"
    )
    key_env: str = Field(
        "DSLM_PERSONAL_KEY", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="environment variable with the key of the surrogates",
    )  # fmt: skip
    demonstration_key: bool = Field(
        False, description="use the published key, which hides nothing: for invented data only"
    )
    quote_in_comments: bool = Field(
        False, description="a comment on a pull request may quote gold cases that changed, input "
        "and values, personal ones replaced as `mode` says; else it names them by their ids alone"
    )  # fmt: skip

    @model_serializer(mode="wrap")
    def _without_newer_keys(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Contracts from before there were these keys keep their digest."""
        written: dict[str, Any] = write(self)
        for name, value in (("fields", self.fields), ("quote_in_comments", self.quote_in_comments)):
            if not value:
                del written[name]
        return written

    @property
    def places(self) -> dict[str, PersonalKind]:
        """The fields that hold personal data, and the kind of each."""
        named: dict[str, PersonalKind] = dict.fromkeys(self.names, "name")
        return named | {
            place: field.kind for place, field in self.fields.items() if field.kind != "none"
        }

    @property
    def looks(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.kinds or self.places)

    @property
    def hides(self) -> bool:
        """Whether personal data is looked for, and is not to be seen."""
        return self.looks and self.mode != "keep"

    def declares(self, place: str) -> bool:
        """Whether the contract says what a place holds, `kind: none` among it."""
        return any(
            place == one or place.startswith(f"{one}.") for one in (*self.fields, *self.names)
        )

    def listed_places(self, schema: Mapping[str, Any]) -> list[str]:
        """Personal fields whose values `schema`, the contract's output, lists: its own words."""
        return sorted(
            place for place in self.places
            if place.startswith("target.") and lists_values(schema, place.split(".")[1:])
        )  # fmt: skip

    def problems(self, schema: Mapping[str, Any]) -> list[str]:
        """What does not hang together; `schema` is the contract's output."""
        found = []
        if self.mode != "keep" and not (self.kinds or self.fields):
            found.append(f"data.personal.mode is {self.mode}, but data.personal.kinds is empty "
                         "and data.personal.fields names no field")  # fmt: skip
        if self.demonstration_key and self.mode != "surrogate":
            found.append("data.personal.demonstration_key needs `mode: surrogate`")
        told = bool(self.presidio) or "name" in self.places.values()
        if ("name" in self.kinds and not told) or (
            "name" not in self.kinds and (self.names or self.presidio)
        ):
            found.append("data.personal.kinds has `name` if and only if data.personal.names or "
                         "data.personal.presidio says where names are; a field of "
                         "data.personal.fields with `kind: name` needs neither")  # fmt: skip
        if self.regions and "phone" not in {*self.kinds, *self.places.values()}:
            found.append("data.personal.regions needs `phone` in data.personal.kinds")
        for key, places in {"names": self.names, "fields": list(self.fields)}.items():
            found += [
                self._unknown(key, place, schema) for place in places
                if place.startswith("target.") and not held_by(schema, place.split(".")[1:])
            ]  # fmt: skip
        return found

    @staticmethod
    def _unknown(key: str, place: str, schema: Mapping[str, Any]) -> str:
        near = nearest_place(schema, place.split(".")[1:], nearest)
        hint = f"; did you mean 'target.{near}'?" if near else ""
        return f"data.personal.{key} has {place!r}, which is no output field{hint}"
