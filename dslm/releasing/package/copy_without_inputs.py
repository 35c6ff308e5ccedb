"""A fetched release without the inputs that it carries, for people who may not see cases.

Takes a folder that was fetched and proved; takes the recorded cases and the smoke test's input out,
writes that down as an erasure is written down, seals the folder again, and signs it where there is
a key. What is left answers as before; but where code or packages are others, it has nothing of its
own to show that by. Called by `dslm release fetch --without-inputs`.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from dslm.contract import load_contract
from dslm.errors import InputError
from dslm.errors.notices import notice
from dslm.provenance import MANIFEST, digest_file, write_atomic, write_manifest
from dslm.releasing.package.erased_cases import (
    FILE,
    RECORDED,
    SMOKE,
    ErasedFile,
    Erasure,
    Erasures,
    erasures_of,
)
from dslm.releasing.signing.key_choice import key_for
from dslm.releasing.signing.keys import KEYGEN
from dslm.releasing.signing.model_signature import SIGNATURE
from dslm.releasing.signing.signed_folder import SIGNED_BESIDE, sign_folder
from dslm.strict_json import strict_json

WHY = "handed out without inputs"
LEFT_OUT = {"id": "erased:input", "input": "(left out)", "as_gold": False}


def leave_out_inputs(root: Path, folder: Path, actor: str) -> int:
    """Take the inputs out of a release's folder and seal it again.

    Args:
        root: The repository, whose policy says which keys count.
        folder: A release that was proved; changed in place.
        actor: Who, for the record.

    Returns:
        How many inputs it carried.
    """
    texts = {SMOKE: json.dumps(LEFT_OUT, indent=2) + "\n"}
    counts = {SMOKE: 1}
    if (folder / RECORDED).is_file() and (lines := (folder / RECORDED).read_bytes().splitlines()):
        texts[RECORDED], counts[RECORDED] = "", len(lines)
    inputs = strict_json((folder / MANIFEST).read_bytes())["inputs"]
    was = {name: digest_file(folder / name) for name in texts}
    manifest = digest_file(folder / MANIFEST)
    before = erasures_of(folder)
    for name, text in texts.items():
        write_atomic(folder / name, text)
    made = Erasure(
        at=dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"), actor=actor, reason=WHY,
        salt="", group="", manifest=manifest,
        files={name: ErasedFile(was=was[name], now=digest_file(folder / name), cases=counts[name])
               for name in texts},
    )  # fmt: skip
    write_atomic(folder / FILE, Erasures(erasures=(*before, made)).text())
    signed = (folder / SIGNATURE).exists()
    for name in SIGNED_BESIDE:
        (folder / name).unlink(missing_ok=True)
    write_manifest(folder, inputs)
    if signed:
        _sign(root, folder)
    return max(counts.values())


def _sign(root: Path, folder: Path) -> None:
    """Sign what is left, which is not what was signed; without a key it is told."""
    try:
        key = key_for(root, load_contract(folder / "workflow.yaml"))
        why = f"no signing key here; {KEYGEN}"
    except InputError as error:
        key, why = None, error.message()
    if key is None:
        notice(folder.name, "is not signed any more, as it is not what was signed", why)
        return
    sign_folder(folder, key)
