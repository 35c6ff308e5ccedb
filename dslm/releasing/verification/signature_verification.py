"""Signs or verifies a version on request, and verifies a folder that somebody was given.

Takes a workspace and a number, or a folder and a trust root; gives the `SignedRelease`. Called by
`dslm release sign` and `dslm release verify`.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from dslm.errors import ReleaseRefused
from dslm.releasing.journal.journal import Journal
from dslm.releasing.moves.release_identity import refuse_taken_over
from dslm.releasing.package.erased_cases import tell_of_erasures
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.signing.signed_folder import SIGNED_BESIDE, SignedRelease, verify_folder
from dslm.releasing.signing.trusted_keys import (
    movers_of,
    read_trust,
    refuse_own_trust,
    trust_root_named,
    trust_to_judge,
)
from dslm.releasing.signing.version_signatures import (
    refuse_other_promotion,
    sign_stored,
    verify_fetched,
)
from dslm.releasing.verification.release_verification import (
    NEEDED,
    checked_files,
    prove_files,
    read_verdict,
)
from dslm.settings.files.regular_files import refuse_no_file, refuse_no_folder
from dslm.settings.workspace import Workspace
from dslm.stage import exclusive


def sign_version(ws: Workspace, number: int, *, again: bool = False) -> SignedRelease:
    """Sign a version of the registry, once it was proved from its own files.

    Args:
        ws: The workflow.
        number: Which version.
        again: Replace a signature that is there, as after a change of keys.

    Raises:
        InputError: There is no key for it.
        ReleaseRefused: It does not fit together, is signed already by another key, is marked as
            broken, or the journal knows another release under its number.
    """
    with (
        exclusive(ws.root, f"release-{ws.workflow}", refusal=ReleaseRefused),
        tempfile.TemporaryDirectory(prefix="dslm-sign-") as scratch,
    ):
        store = ModelStore(ws.root, ws.workflow)
        version = store.version(number)
        if version.tags.get("status") == "broken":
            what = f"version {number} is marked as broken"
            raise ReleaseRefused(what, where=ws.workflow, fix="register it again")
        refuse_taken_over(store, Journal(store).entries(), version)
        folder = store.fetch(version, Path(scratch) / "fetched")
        prove_files(store.model, version, folder)
        signed = sign_stored(ws, folder, again=again)
        added = Path(scratch) / "added"
        for name in SIGNED_BESIDE:
            (added / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, added / name)
        store.keep(version, added)
    return signed


def verify_version(ws: Workspace, number: int, trust_root: Path | None = None) -> SignedRelease:
    """Verify a version of the registry: its signature, and all that `prove_files` compares.

    Args:
        ws: The workflow.
        number: Which version.
        trust_root: Whose signatures count; by default those of the repository's policy, which is
            as good as who may write to the repository. Never from the repository itself.

    Raises:
        InputError: The trust root is missing, wrong, or lies in the repository.
        ReleaseRefused: It is not signed, not by whom it should be, or does not fit together.
    """
    if trust_root:
        refuse_no_file(trust_root, fix="name a file with the keys that you trust")
        refuse_own_trust(ws.root, trust_root)
    trust = read_trust(trust_root) if trust_root else trust_to_judge(ws.root)
    with tempfile.TemporaryDirectory(prefix="dslm-verify-") as scratch:
        store = ModelStore(ws.root, ws.workflow)
        version = store.version(number)
        where = f"{ws.workflow} version {number}"
        folder = store.fetch(version, Path(scratch))
        signed = verify_fetched(folder, trust, ws.workflow, where)
        prove_files(store.model, version, folder)
        tell_of_erasures(folder, where)
        outside = trust_root is not None or trust_root_named()
        at = refuse_other_promotion(ws, number, folder, trust if outside else movers_of(ws.root))
    return replace(signed, promoted_at=at)


def verify_given(folder: Path, trust_root: Path) -> SignedRelease:
    """Verify a folder by a trust root of one's own, without any repository or registry.

    Args:
        folder: A release.
        trust_root: Whose signatures count; never from the folder or the repository it lies in.

    Raises:
        InputError: There is no such folder; or the trust root is missing, wrong, or comes with what
            is verified.
        ReleaseRefused: It is not signed by whom it should be, or does not fit together.
    """
    refuse_no_folder(folder, fix="name a release's folder")
    refuse_no_file(trust_root, fix="name a file with the keys that you trust")
    refuse_own_trust(folder, trust_root)
    signed = verify_folder(folder, read_trust(trust_root))
    checked_files(folder)
    if lacking := [name for name in NEEDED if not (folder / name).is_file()]:
        raise ReleaseRefused(f"the release lacks {', '.join(lacking)}", where=folder)
    read_verdict(folder / "gate.json", signed.workflow)
    tell_of_erasures(folder, str(folder))
    return signed
