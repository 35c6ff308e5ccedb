"""Signatures of the registry's versions: made at registration or when asked, held to at every use.

Takes a workspace and a version; signs what is stored, or gives the `SignedRelease` that a version's
files are. Called by `registration`, by `checking.prove` before anything reads a version's files,
and by `dslm release sign` and `verify`.
"""

from __future__ import annotations

from pathlib import Path

from dslm.contract import Contract, load_contract
from dslm.errors import InputError, ReleaseRefused
from dslm.errors.notices import notice
from dslm.provenance import MANIFEST, digest_file, write_atomic
from dslm.records import JournalEntry
from dslm.releasing.journal.policy_in_force import HeldPolicy
from dslm.releasing.package.erased_cases import manifests_before
from dslm.releasing.signing.dsse import envelope, opened
from dslm.releasing.signing.in_toto_statements import promoted, promotion_of
from dslm.releasing.signing.journal_signatures import signed_entry
from dslm.releasing.signing.key_choice import key_for, mover_key, no_use
from dslm.releasing.signing.keys import KEYGEN, SigningKey, key_path, own_key
from dslm.releasing.signing.model_signature import SIGNATURE
from dslm.releasing.signing.signed_folder import (
    SignedRelease,
    sign_folder,
    verify_folder,
)
from dslm.releasing.signing.trusted_keys import (
    Trust,
    mover_trust,
    trust_of,
    trust_to_judge,
    wants_signature,
)
from dslm.settings.release_policy import ReleasePolicy
from dslm.settings.workspace import Workspace

LOUD = "signed with the DEMONSTRATION key, which is published: it proves nothing"


def sign_packaged(ws: Workspace, folder: Path) -> SignedRelease | None:
    """Sign a release that is about to be stored, and say with which key, or that there is none.

    Raises:
        InputError: As `key_for`.
    """
    key = key_for(ws.root, load_contract(folder / "workflow.yaml"))
    if key is None:
        own = own_key()
        fault = no_use(own, trust_of(ws.root)) if own else None
        why = fault.message() if fault else f"no signing key at {key_path()}; {KEYGEN}"
        _tell(f"{ws.workflow}: the release is not signed: {why}")
        return None
    return _signed(ws, folder, key)


def sign_stored(ws: Workspace, folder: Path, *, again: bool) -> SignedRelease:
    """Sign the files of a version that was fetched and proved but for its signature.

    Args:
        ws: The workflow.
        folder: The version's files.
        again: Replace a signature, whatever it is.

    Raises:
        InputError: There is no key for it.
        ReleaseRefused: It is signed by somebody else, or was changed since.
    """
    key = key_for(ws.root, load_contract(folder / "workflow.yaml"))
    if key is None:
        raise InputError("no signing key here", where=key_path(), fix=KEYGEN)
    if (folder / SIGNATURE).exists() and not again:
        signed = verify_folder(folder, trust_of(ws.root))
        if signed.key_id == key.public.id:
            return signed
        what = f"is signed already, by {signed.signed_by}"
        raise ReleaseRefused(what, where=ws.workflow, fix="--again replaces the signature")
    return _signed(ws, folder, key)


def signed_move(
    ws: Workspace, entry: JournalEntry, held: HeldPolicy, contract: Contract
) -> JournalEntry:
    """An entry of the journal with the signature of who makes the move, where there is a key.

    Args:
        ws: The workflow.
        entry: Not written yet.
        held: The policy that the move is made under.
        contract: Of the release that is moved to.

    Raises:
        InputError: The policy wants moves signed, and there is no key for it here.
    """
    key = mover_key(held.policy, contract)
    if key is not None:
        return signed_entry(entry, key)
    if mover_trust(held.policy).keys:
        own = own_key()
        fault = no_use(own, mover_trust(held.policy)) if own else None
        why = fault.message() if fault else f"no signing key at {key_path()}; {KEYGEN}"
        _tell(f"{ws.workflow}: the move is not signed: {why}")
    return entry


def state_move(ws: Workspace, folder: Path, entry: JournalEntry, policy: ReleasePolicy) -> None:
    """Leave a signed statement of a move in git, beside `champion.json`.

    A move that is made is not held up by a key: where there is none that counts, none is left, and
    an older statement is removed, since it is of another move.

    Args:
        ws: The workflow.
        folder: The release that was moved to.
        entry: Of the journal.
        policy: That the move was made under.
    """
    try:
        key = mover_key(policy, load_contract(folder / "workflow.yaml"))
    except InputError as fault:
        _tell(f"{ws.workflow}: the move is not stated: {fault.message()}")
        key = None
    if key is None:
        ws.promotion.unlink(missing_ok=True)
    else:
        write_atomic(ws.promotion, envelope(promotion_of(folder, entry), key))


def refuse_other_promotion(ws: Workspace, number: int, folder: Path, trust: Trust) -> str | None:
    """When a version was made the champion, by the signed statement of the last move.

    Returns:
        None where there is no statement, or it is of another version.

    Raises:
        ReleaseRefused: Nobody who counts signed it, or it is of other bytes under this number.
    """
    if not ws.promotion.is_file():
        return None
    said, _ = opened(ws.promotion.read_bytes(), trust, ws.promotion)
    version, subject, at = promoted(said)
    if version != str(number):
        return None
    if subject not in (digest_file(folder / MANIFEST), *manifests_before(folder)):
        what = f"states that version {number} with other bytes was made champion"
        raise ReleaseRefused(what, where=ws.promotion, fix="look at `dslm release history`")
    return at


def refuse_wrong_signature(
    root: Path, workflow: str, folder: Path, where: str
) -> SignedRelease | None:
    """Hold a version's files against their signature, before anything else reads them.

    Args:
        root: The repository, whose policy says which keys count, unless `DSLM_TRUST_ROOT` names a
            file that does.
        workflow: Whose release it should be.
        folder: The version's files, as fetched.
        where: The version, for messages.

    Returns:
        None where it is not signed and need not be; the caller tells of it.

    Raises:
        ReleaseRefused: It is signed, and wrongly; or not signed, where the policy wants that or
            `DSLM_TRUST_ROOT` is set.
    """
    if not (folder / SIGNATURE).exists():
        if asked := wants_signature(root):
            fix = f"look whose it is; `dslm release sign {workflow} --version N` signs it"
            what = f"is not signed, and {asked} wants that"
            raise ReleaseRefused(what, where=where, fix=fix)
        return None
    return verify_fetched(folder, trust_to_judge(root), workflow, where)


def tell_of(signed: SignedRelease | None, where: str) -> None:
    """Say on standard error of a version that is used what its signature does not show, if so."""
    if signed is None:
        _tell(f"{where}: is not signed: nothing shows who made it")
    elif signed.demonstration:
        _tell(f"{where}: {LOUD}. For invented data only; {KEYGEN} of your own")


def verify_fetched(folder: Path, trust: Trust, workflow: str, where: str) -> SignedRelease:
    """As `verify_folder`, of a copy that is gone in a moment: messages name the version instead.

    Raises:
        ReleaseRefused: As `verify_folder`, or it is a release of another workflow.
    """
    try:
        signed = verify_folder(folder, trust)
    except ReleaseRefused as wrong:
        name = str(wrong.where or "").removeprefix(str(folder)).lstrip("/")
        place = f"{where}, {name}" if name else where
        raise ReleaseRefused(wrong.what, where=place, fix=wrong.fix) from wrong
    if signed.workflow != workflow:
        what = f"is a signed release of {signed.workflow}"
        raise ReleaseRefused(what, where=where)
    return signed


def _signed(ws: Workspace, folder: Path, key: SigningKey) -> SignedRelease:
    sign_folder(folder, key)
    return verify_folder(folder, trust_of(ws.root))


def _tell(what: str) -> None:
    notice(what)
