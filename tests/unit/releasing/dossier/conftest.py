"""The release that everything is known of, made once; tests change copies of its dossier."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from finished_run import Run, W
from signed_folders import new_key
from whole_dossier import PREDICATE, VERSION, Whole, released

from dslm.provenance import write_atomic
from dslm.releasing.dossier.beside import DRILLED
from dslm.releasing.dossier.making import make_dossier
from dslm.releasing.signing.dsse import envelope
from dslm.releasing.signing.keys import VARIABLE
from dslm.releasing.store import ModelStore


@pytest.fixture(scope="session")
def whole(
    _finished: Run,
    migrated: Path,
    tmp_path_factory: pytest.TempPathFactory,
    copying: Callable[[Run, Path], Run],
) -> Iterator[Whole]:
    root = tmp_path_factory.mktemp("whole")
    run = copying(_finished, root / "repository")
    (run.ws.root / ".mlflow").mkdir()
    shutil.copyfile(migrated, run.ws.root / ".mlflow" / "mlflow.db")
    key, path = new_key(), root / "key.pem"
    path.write_bytes(key.pem())
    path.chmod(0o600)
    pem = "".join(f"        {line}\n" for line in key.public.pem.splitlines())
    entry = f"    - name: release team\n      public_key: |\n{pem}"
    write_atomic(
        run.ws.root / "registry/policy.yaml", f"signing:\n  required: true\n  keys:\n{entry}"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(path))
        released(run, b"weights one", "first")
        released(run, b"weights two", "fewer wrong numbers")
        approval = {"_type": "https://in-toto.io/Statement/v1", "predicate": PREDICATE}
        ModelStore(run.ws.root, W).tag(VERSION, "approval.promotion.abc", envelope(approval, key))
        drill = {
            "passed": True,
            "seconds": 3.5,
            "steps": [{"fault": "lost database", "passed": True}],
        }
        write_atomic(run.ws.registry / DRILLED, json.dumps(drill))
        make_dossier(run.ws, VERSION, root / "dossier")
        yield Whole(run, root / "dossier", key)


@pytest.fixture
def dossier(whole: Whole, tmp_path: Path) -> Path:
    """A copy of the dossier."""
    shutil.copytree(whole.folder, tmp_path / "dossier")
    return tmp_path / "dossier"
