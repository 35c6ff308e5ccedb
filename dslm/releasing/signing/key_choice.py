"""Which key signs here: one's own where it counts, the demonstration key where that is allowed.

Takes the environment, a policy and a contract; gives a key, or says why there is none. Called when
a release is signed, a move is signed or stated, and by who approves.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from dslm.contract import Contract
from dslm.errors import InputError
from dslm.releasing.signing.keys import (
    KEYGEN,
    SigningKey,
    demonstration_key,
    key_path,
    named,
    own_key,
)
from dslm.releasing.signing.signed_folder import declared_invented
from dslm.releasing.signing.trusted_keys import Trust, mover_trust, release_trust
from dslm.settings.release_policy import PATH, PROMOTER, ReleasePolicy, load_release_policy


def key_for(root: Path, contract: Contract) -> SigningKey | None:
    """The key that a release is signed with here: one's own, else the demonstration key.

    Returns:
        None where there is no key of one's own that counts here, and policy or data allow no other.

    Raises:
        InputError: The policy wants signatures and there is no key for one, or the key that
            `DSLM_SIGNING_KEY` names does not count here.
    """
    policy = load_release_policy(root)
    trust = release_trust(policy, root / PATH)
    return _chosen(policy, trust, contract, "every release signed", "among signing.keys")


def mover_key(policy: ReleasePolicy, contract: Contract) -> SigningKey | None:
    """The key that a move of the champion is signed with here, under a policy.

    Args:
        policy: That the move is made under.
        contract: Of the release that is moved to.

    Returns:
        None as `key_for`.

    Raises:
        InputError: The policy wants signatures and there is no key for one here.
    """
    place = f"of the role {PROMOTER}" if PROMOTER in policy.roles else "among its keys and people"
    return _chosen(policy, mover_trust(policy), contract, "every move signed", place, strict=False)


def no_use(key: SigningKey, trust: Trust, place: str = "among signing.keys") -> InputError | None:
    """Why a key's signatures would be refused here.

    Args:
        key: Somebody's own.
        trust: Whose signatures count.
        place: Where the policy has those, for messages.
    """
    if key.demonstration:
        what = "is the demonstration key, which is nobody's own"
        return InputError(what, where=key_path(), fix=KEYGEN)
    found = next((one for one in trust.keys if one.key.id == key.public.id), None)
    if found is None:
        what = f"your key {key.public.short} is not {place} of {PATH}"
        fix = "add it: `dslm release keygen --show` prints the lines"
        return InputError(what, where=key_path(), fix=fix)
    if found.retired and found.retired <= dt.datetime.now(dt.UTC).date():
        what = f"your key {key.public.short} ({found.name}) was retired on {found.retired}"
        return InputError(what, where=key_path(), fix=f"sign with the key of today: {KEYGEN}")
    return None


def _chosen(
    policy: ReleasePolicy,
    trust: Trust,
    contract: Contract,
    wanted: str,
    place: str,
    *,
    strict: bool = True,
) -> SigningKey | None:
    """One's own key where it counts; `strict`: one that the environment names has to."""
    signing, own = policy.signing, own_key()
    fault = no_use(own, trust, place) if own else None
    if own and fault is None:
        return own
    if fault and named() and (strict or signing.required):
        raise fault
    if signing.demonstration_key and declared_invented(contract):
        return demonstration_key()
    if not signing.required:
        return None
    if fault:
        raise fault
    why = f"no signing key here, and {PATH} wants {wanted}"
    if signing.demonstration_key:
        why += "; the demonstration key is for data that the contract declares invented"
    raise InputError(why, where=key_path(), fix=KEYGEN)
