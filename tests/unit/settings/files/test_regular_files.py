"""What a user names and is not there is the user's to correct: exit code 2, and what to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dslm.errors import EXIT_BAD_INPUT, InputError
from dslm.releasing.dossier.dossier_verification import check_given
from dslm.releasing.verification.signature_verification import verify_given
from dslm.settings.files.regular_files import refuse_no_folder


def a_file(path: Path) -> None:
    path.write_text("text")


@pytest.mark.parametrize(
    ("make", "says"),
    [(lambda _: None, "no such folder"), (a_file, "is no folder"), (os.mkfifo, "is no folder"),
     (lambda path: path.symlink_to("nowhere"), "no such folder")],
    ids=["nothing", "a file", "a pipe", "a link to nothing"],
)  # fmt: skip
@pytest.mark.parametrize(
    "command",
    [lambda path: refuse_no_folder(path, fix="name one"), lambda path: check_given(path, None),
     lambda path: verify_given(path, path.parent / "trust.yaml")],
    ids=["itself", "verify --dossier", "verify --folder"],
)  # fmt: skip
def test_what_is_no_folder_is_said(
    tmp_path: Path, make: Callable[[Path], object], says: str, command: Callable[[Path], object]
) -> None:
    make(tmp_path / "given")
    with pytest.raises(InputError, match=f"{says} — name") as no:
        command(tmp_path / "given")
    assert no.value.exit_code == EXIT_BAD_INPUT


def test_a_folder_is_one(tmp_path: Path) -> None:
    refuse_no_folder(tmp_path, fix="name one")
    (tmp_path / "link").symlink_to(tmp_path)
    refuse_no_folder(tmp_path / "link", fix="name one")
