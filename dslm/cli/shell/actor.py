"""Who acts, for commands that write down who did."""

from __future__ import annotations

import getpass

from dslm.errors import InputError


def actor_or_login(given: str | None) -> str:
    """Who acts: as was said, or the login name.

    Raises:
        InputError: There is neither.
    """
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in some containers
        raise InputError("who are you?", where="--actor", fix="name yourself") from None
