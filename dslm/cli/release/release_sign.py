"""`dslm release keygen`, `sign` and `verify`: keys, and whose bytes a release is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.shell.printing import AsJson, Workflow, emit, say

if TYPE_CHECKING:
    from dslm.releasing.signing import SignedRelease

Version = Annotated[int, typer.Option(min=1, help="Which version.")]


def keygen(
    out: Annotated[
        Path | None,
        typer.Option(help="Where to; by default DSLM_SIGNING_KEY, or your settings folder."),
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Make no key; show the public half of the key in use.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a signing key outside git, and print its public half for policy and trust roots."""
    from dslm.errors import InputError
    from dslm.releasing.signing.keys import KEYGEN, key_path, make_key, own_key

    path = out or key_path()
    if show and out is not None:
        raise InputError("--show is of the key in use", where="--out", fix="leave one out")
    key = own_key() if show else make_key(path)
    if key is None:
        raise InputError("no signing key yet", where=path, fix=KEYGEN)
    public = key.public
    if as_json:
        emit({"key": str(path), "id": public.id, "public_key": public.pem})
        return
    lines = [f"        {line}" for line in public.pem.splitlines()]
    say(
        f"{path}: {'the key in use' if show else 'a new signing key; back it up'}, {public.short}",
        "its public half, for `signing.keys` of registry/policy.yaml and for trust roots:",
        "    - name: WHOSE KEY IT IS",
        "      public_key: |",
        *lines,
    )


def sign(
    workflow: Workflow,
    version: Version,
    again: Annotated[
        bool, typer.Option("--again", help="Replace a signature, as after a change of keys.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign a registered version with your key, once it was proved from its own files."""
    from dslm.releasing.verification.signature_verification import sign_version
    from dslm.settings.workspace import workspace

    signed = sign_version(workspace(workflow), version, again=again)
    _show(f"{workflow} version {version}", signed, as_json=as_json)


def verify(
    workflow: Annotated[str | None, typer.Argument(help="A folder in data/.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Which version.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="A release's folder instead, without any registry.")
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(help="The keys that you trust; by default those of registry/policy.yaml."),
    ] = None,
    dossier: Annotated[
        Path | None, typer.Option(help="A release's dossier instead, without any registry.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify who signed a version, a folder or a dossier that you were given.

    Exit code 4: do not use it.
    """
    from dslm.errors import InputError
    from dslm.releasing.verification.signature_verification import verify_given, verify_version
    from dslm.settings.workspace import workspace

    where = "dslm release verify"
    if dossier is not None:
        if (workflow, version, folder) != (None, None, None):
            fix = "`dslm verify W --dossier FOLDER` compares it with the registry"
            raise InputError("a dossier is verified by itself", where=where, fix=fix)
        _verify_dossier(dossier, trust, as_json=as_json)
        return
    if folder is not None:
        if workflow is not None or version is not None:
            raise InputError("a folder is verified, or a version", where=where, fix="name one")
        if trust is None:
            raise InputError("a folder does not say whose keys to trust", where=where,
                             fix="--trust FILE with the keys that you trust")  # fmt: skip
        _show(str(folder), verify_given(folder, trust), as_json=as_json)
        return
    if workflow is None or version is None:
        raise InputError("no version is named", where=where,
                         fix="W --version N, or --folder F --trust ROOT")  # fmt: skip
    signed = verify_version(workspace(workflow), version, trust)
    _show(f"{workflow} version {version}", signed, as_json=as_json)


def _verify_dossier(folder: Path, trust: Path | None, *, as_json: bool) -> None:
    from dslm.cli.release.release_dossier import show_checked
    from dslm.releasing.dossier.dossier_verification import check_given

    show_checked(folder, check_given(folder, trust), as_json=as_json)


def _show(what: str, signed: SignedRelease, *, as_json: bool) -> None:
    if as_json:
        emit(asdict(signed))
        return
    retired = ", a key that is retired by now" if signed.retired else ""
    say(
        f"{what}: signed by {signed.signed_by} ({signed.key_id[:12]}){retired}, {signed.signed_at}",
        f"release {signed.digest}, manifest {signed.manifest}",
    )
    if signed.promoted_at:
        say(f"made the champion {signed.promoted_at}, by the signed statement of that move")
    if signed.demonstration:
        say("The demonstration key is published: this proves only that no byte is damaged.")
