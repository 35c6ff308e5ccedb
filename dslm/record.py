"""What every noun is: frozen, its fields closed, read from JSON that says one thing.

Base of all of `records`, and of the nouns that packages keep for themselves.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from dslm.strict_json import strict_json


class Record(BaseModel):
    """A frozen value with a closed set of fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """As pydantic's, of JSON that says one thing: pydantic keeps the last of doubled keys.

        Raises:
            ValidationError: It is not JSON, or none of this kind.
        """
        raw = bytes(json_data) if isinstance(json_data, bytearray) else json_data
        try:
            value = strict_json(raw)
        except ValueError as error:
            fault = PydanticCustomError("json_invalid", "not JSON: {error}", {"error": str(error)})
            details = InitErrorDetails(type=fault, input=raw)
            raise ValidationError.from_exception_data(cls.__name__, [details]) from None
        return cls.model_validate(value, **options)

    @classmethod
    def from_own_json(cls, line: str | bytes) -> Self:
        """A record that this process or stage wrote itself, and so holds nothing twice; faster."""
        return super().model_validate_json(line)
