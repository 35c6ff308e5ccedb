"""Checkpoints on disk: which are whole, which is the newest, and which may go.

Takes a folder outside DVC's outs and the digests of everything that decides the weights; gives the
checkpoint to go on from. One without its manifest, which is written last, does not exist; nor does
one that lacks a part, or that belongs to another recipe, data or base. Called by
`dslm.training.checkpoints.checkpoint_callback` and `dslm.training.run.training_run`; needs no
torch.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dslm
from dslm.errors import InputError
from dslm.provenance import (
    MANIFEST,
    digest_files,
    digest_json,
    read_manifest,
    write_atomic,
    write_manifest,
)
from dslm.settings.workspace import stage_command
from dslm.stage import sync
from dslm.strict_json import strict_json

KEPT = 2  # the newest, and one more should it rot
SEEN = "seen.json"
BEST = "best.safetensors"
THREADS = "threads"  # of the manifest's inputs: not compared but taken over

_CODE = ("contract", "inference", "training")
_PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "safetensors", "tokenizers")
_NAME = re.compile(r"checkpoint-(\d+)")
_RANDOM = "rng_state.pth"
# What the trainer must find again, in each of its forms; without it a run goes on silently wrong.
_PARTS: dict[str, tuple[str, ...]] = {
    "weights": ("adapter_model.safetensors", "pytorch_model_fsdp_0", "pytorch_model_fsdp.bin"),
    "optimizer": ("optimizer.pt", "optimizer_0", "optimizer.bin"),
    "scheduler": ("scheduler.pt",),
    "trainer's state": ("trainer_state.json",),
    "losses": (SEEN,),
}


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint of this run.

    Attributes:
        folder: Where it lies.
        step: Updates done.
        threads: With which the run was begun; another number gives other bytes.
        seen: What `Checkpoints.seal` was told of the run so far.
    """

    folder: Path
    step: int
    threads: int
    seen: dict[str, Any]


@dataclass(frozen=True)
class Passed:
    """A folder that is no checkpoint to go on from, and why."""

    folder: Path
    why: str


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: Holds them and nothing else; made when needed.
        inputs: Digests of all that decides the weights. One made from others is passed over.
        processes: That train together; each has random numbers of its own.
    """

    def __init__(self, folder: Path, inputs: Mapping[str, str], *, processes: int = 1):
        self.folder, self.inputs = folder, {**inputs, "processes": str(processes)}
        each = [f"rng_state_{n}.pth" for n in range(processes)] if processes > 1 else [_RANDOM]
        self._parts = _PARTS | {f"random numbers ({name})": (name,) for name in each}

    def newest(self) -> tuple[Checkpoint | None, list[Passed]]:
        """The newest whole checkpoint of this run, and what was passed over to find it."""
        passed: list[Passed] = []
        for step, folder in self._folders():
            try:
                return self._read(step, folder), passed
            except (InputError, OSError) as error:
                why = error.what if isinstance(error, InputError) else str(error)
                half = not (folder / MANIFEST).exists()
                passed.append(Passed(folder, "half written" if half else why))
        return None, passed

    def seal(self, step: int, threads: int, seen: Mapping[str, Any]) -> None:
        """Make what the trainer wrote for a step a checkpoint, and let older ones go.

        Args:
            step: Updates done.
            threads: With which the run was begun.
            seen: JSON that a run which goes on needs besides the trainer's own files.

        Raises:
            InputError: A part is missing.
        """
        folder = self.at(step)
        write_atomic(folder / SEEN, json.dumps(seen) + "\n")
        self._require_parts(folder)
        sync(folder)
        write_manifest(folder, {**self.inputs, THREADS: str(threads)})
        sync(folder, deep=False)
        for _, old in self._folders()[KEPT:]:
            remove(old)

    def at(self, step: int) -> Path:
        """Where the trainer writes a step's files; the name is the trainer's."""
        return self.folder / f"checkpoint-{step}"

    def tidy(self) -> None:
        """Remove every folder from which this run cannot go on."""
        for step, folder in self._folders():
            try:
                self._read(step, folder)
            except (InputError, OSError):
                remove(folder)

    def clear(self) -> None:
        """Remove all: the run has ended well."""
        for _, folder in self._folders():
            remove(folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _folders(self) -> list[tuple[int, Path]]:
        """Steps and folders, newest first, valid or not."""
        if not self.folder.is_dir():
            return []
        found = [(_NAME.fullmatch(path.name), path) for path in self.folder.iterdir()]
        return sorted(((int(m[1]), path) for m, path in found if m), reverse=True)

    def _read(self, step: int, folder: Path) -> Checkpoint:
        """A checkpoint after all its bytes were compared.

        Raises:
            InputError: It is not whole, or not of this run.
        """
        made_by = stage_command("train", folder)
        inputs = dict(read_manifest(folder, made_by=made_by).get("inputs", {}))
        threads = inputs.pop(THREADS, "")
        keys = inputs.keys() | self.inputs.keys()
        if other := sorted(k for k in keys if inputs.get(k) != self.inputs.get(k)):
            raise InputError(f"of another run: {', '.join(other)} differ", where=folder)
        self._require_parts(folder)
        state = strict_json((folder / "trainer_state.json").read_bytes(), infinite=True)
        if not threads.isdecimal() or state["global_step"] != step:
            raise InputError("its step or its number of threads is not known", where=folder)
        return Checkpoint(folder, step, int(threads), strict_json((folder / SEEN).read_bytes()))

    def _require_parts(self, folder: Path) -> None:
        there = {path.name for path in folder.iterdir()}
        lacking = [part for part, names in self._parts.items() if not there & set(names)]
        if lacking:
            raise InputError(f"without {', '.join(lacking)}", where=folder)


def surroundings(device: str) -> dict[str, str]:
    """What decides a run's bytes besides its inputs: our code, libraries, kind of device."""
    root = Path(dslm.__file__).parent
    code = [f for part in _CODE for f in (root / part).rglob("*.py")]
    packages = {name: version(name) for name in _PACKAGES}
    return {
        "code": digest_files(root, code),
        "packages": digest_json(packages),
        "device": device,
    }


def remove(folder: Path) -> None:
    """Remove a checkpoint, its manifest first: half removed, it is none."""
    (folder / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
