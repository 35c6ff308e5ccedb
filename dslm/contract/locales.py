"""The contract's `locale`: names that CLDR knows, checked when the contract is read."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from dslm.settings.loading import nearest


def unknown_locale(name: str) -> str | None:
    """What is wrong with a locale's name; None where CLDR knows it."""
    from dslm.contract.cldr import is_known, known_locales

    if is_known(name):
        return None
    known = known_locales()
    near = nearest(name, known) or nearest(name[:2].lower(), known)
    hint = f"; did you mean {near!r}?" if near else ""
    return f"{name!r} is no locale of CLDR, such as de_DE or en_US{hint}"


def _known(value: str | list[str] | None) -> str | list[str] | None:
    if value is None:
        return None
    named = [name.replace("-", "_") for name in ([value] if isinstance(value, str) else value)]
    if not named:
        raise ValueError("names no locale: leave it out, or name one such as de_DE")
    if problems := [problem for name in named if (problem := unknown_locale(name))]:
        raise ValueError("; ".join(problems))
    return named[0] if isinstance(value, str) else named


KnownLocale = Annotated[str | list[str] | None, AfterValidator(_known)]
