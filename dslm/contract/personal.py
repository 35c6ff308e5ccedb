"""What the contract says of personal data: `data.personal`.

Part of the contract's model; `dslm.curation.personal` does what it says. Which kinds are looked
for, and what becomes of what is found, is the workflow owner's decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from dslm.contract.closed import Settings
from dslm.settings.loading import nearest

PersonalKind = Literal["email", "iban", "card", "tax", "phone", "name"]
PersonalMode = Literal["surrogate", "mask", "drop", "keep"]
Place = Annotated[str, StringConstraints(pattern=r"^(meta|target)\..+$")]
Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Personal(Settings):
    """Which personal data is looked for, and what becomes of it."""

    mode: PersonalMode = Field(
        "keep", description="surrogate replaces a value by an invented one of the same form; mask "
        "by its kind in brackets; drop leaves the case out; keep counts and changes nothing",
    )  # fmt: skip
    kinds: list[PersonalKind] = Field(default_factory=list, description="what is looked for")
    names: list[Place] = Field(
        default_factory=list, description="meta.<key> or target.<field> that hold names"
    )
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

    def problems(self, fields: Sequence[str]) -> list[str]:
        """What does not hang together; `fields` are those of the contract's output."""
        found = []
        if self.mode != "keep" and not self.kinds:
            found.append(f"data.personal.mode is {self.mode}, but data.personal.kinds is empty")
        if self.demonstration_key and self.mode != "surrogate":
            found.append("data.personal.demonstration_key needs `mode: surrogate`")
        if ("name" in self.kinds) != bool(self.names or self.presidio):
            found.append("data.personal.kinds has `name` if and only if data.personal.names or "
                         "data.personal.presidio says where names are")  # fmt: skip
        if self.regions and "phone" not in self.kinds:
            found.append("data.personal.regions needs `phone` in data.personal.kinds")
        for name in self.names:
            part, _, field = name.partition(".")
            if part == "target" and field not in fields:
                near = nearest(field, list(fields))
                hint = f"; did you mean 'target.{near}'?" if near else ""
                found.append(f"data.personal.names has {name!r}, which is no output field{hint}")
        return found
