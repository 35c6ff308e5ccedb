"""A release made ready to answer: its folder checked first, then loaded, then bridged.

The one way from a release's folder to answers that count: `dslm predict`, `dslm.open_release`, the
smoke test of a rollback and MLflow's servers all come through here. Nothing of the folder is
opened by MLflow, and no weights are loaded before every byte was compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dslm.errors import InputError, ReleaseRefused
from dslm.errors.notices import notice
from dslm.evidence import release_digest
from dslm.records import Bridged
from dslm.releasing.package.recorded_answers import bridge, recorded_there
from dslm.releasing.package.release_digests import refuse_other_rows, unlike_documents
from dslm.releasing.signing.model_signature import SIGNATURE
from dslm.releasing.signing.signed_folder import verify_folder
from dslm.releasing.signing.trusted_keys import VARIABLE, trust_in_force, wants_signature
from dslm.releasing.verification.release_verification import MLFLOW_NOTE, checked_files
from dslm.settings.recipe import BaseModelSource
from dslm.settings.workspace import Workspace, find_root

if TYPE_CHECKING:
    from dslm.inference.decider import Decider


@dataclass(frozen=True)
class Verified:
    """A release that may answer.

    Attributes:
        decider: Answers and decides.
        digest: The release's.
        evidence: What it is evidence of, as its manifest says.
        told: What computes otherwise here than when it was gated.
        again: That it gave its recorded answers again; None where nobody asked for them.
    """

    decider: Decider
    digest: str
    evidence: Mapping[str, str]
    told: tuple[str, ...]
    again: Bridged | None

    @property
    def bridged(self) -> Bridged | None:
        """How it was shown to answer as when it was gated; None where nothing is otherwise."""
        return self.again if self.told else None

    def said(self) -> list[str]:
        """What its user should read before its answers, a line each."""
        if self.bridged is None:
            return []
        gave = f"it repeated its {self.bridged.answers} recorded answers exactly"
        few = "" if self.bridged.whole else ", which are fewer than a bridge asks for"
        return [f"the release was gated elsewhere, here is {one}" for one in self.told] + [
            f"{gave}{few}"
        ]


def load_verified(
    folder: Path,
    root: Path | None = None,
    *,
    recorded: bool = False,
    base: BaseModelSource | None = None,
) -> Verified:
    """Check a release's folder, load it, and let it give its recorded answers again where it must.

    Args:
        folder: A copy of the release that nobody else writes into.
        root: The repository, with the base of a relative folder and, it may be, the gold set; by
            default the one around the present folder.
        recorded: Have the recorded answers given again where nothing computes otherwise, too; a
            release of before there were any has none to give then.
        base: Where the base model lies, instead of where the release's recipe says.

    Raises:
        ReleaseRefused: The folder is not what was registered, or answers otherwise than was gated.
        InputError: The base model is missing or another.
    """
    found = root or _repository()
    refuse_wrong_signature_of(folder, found)
    evidence = checked_files(folder)
    if "format" in evidence:
        refuse_other_rows(folder)
    from dslm.inference.decider_loading import load_release

    root = found or Path.cwd()  # a server needs no repository
    decider = load_release(folder, root=root, base=base)
    workflow = decider.contract.name
    told = [*decider.told]
    told += [f"another {one} digest of the same file" for one in unlike_documents(folder, evidence)]
    again = None
    gold = Workspace(root, workflow).gold
    if told or (recorded and recorded_there(folder, evidence, gold)):
        again = bridge(decider, folder, evidence, gold)
    return Verified(decider, release_digest(workflow, evidence), evidence, tuple(told), again)


def refuse_wrong_signature_of(folder: Path, root: Path | None) -> None:
    """Hold a folder against its signature, whoever gave it: MLflow asks nobody.

    Args:
        folder: The release; nothing of it was read yet.
        root: The repository, whose policy says which keys count, unless `DSLM_TRUST_ROOT` does.

    Raises:
        ReleaseRefused: It is signed, and wrongly; or not signed, where policy or trust root want
            that.
    """
    if (folder / SIGNATURE).exists():
        trust = trust_in_force(root, folder)
        if trust is None:
            what = "is signed, and nothing here says whose signatures count"
            notice(folder, what, f"{VARIABLE} names a file that does")
            return
        verify_folder(folder, trust, beside={MLFLOW_NOTE})
        return
    if asked := wants_signature(root):
        what = f"is not signed, and {asked} says whose signatures count"
        fix = "look whose it is; `dslm release sign` signs a version of the registry"
        raise ReleaseRefused(what, where=folder, fix=fix)


def _repository() -> Path | None:
    """The repository around the present folder; None where there is none."""
    try:
        return find_root()
    except InputError:
        return None
