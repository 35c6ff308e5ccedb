"""A release of which everything can be shown, and what tests do to copies of its dossier."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from dslm import evidence
from dslm.provenance import write_atomic, write_manifest
from dslm.releasing.approvals.give_approval import approve
from dslm.releasing.dossier.derived_files import build
from dslm.releasing.moves.promote_and_rollback import promote
from dslm.releasing.signing.keys import SigningKey
from support.curation.sample_data_card import make_card
from support.releases.approving_people import People
from support.repositories.finished_run import CALIBRATION, Run, W
from support.repositories.scored_repository import calibrated, train

VERSION = 2
# What a training row looked like: no text of it may leave the house.
PREVIEW = "Please send order SECRET-TRAINING-ROW."
SUMMARY = {"rows": 60, "steps": 12, "losses": [[1, 2.5]], "preview": {"prompt": PREVIEW},
           "doctor": {"prompt": PREVIEW}}  # fmt: skip


@dataclass(frozen=True)
class Whole:
    """A repository with a release that everything is known of, and the dossier of it."""

    run: Run
    folder: Path
    key: SigningKey


def trained(run: Run, weights: bytes) -> None:
    """Train and calibrate, with a summary that quotes a training row as a real one does."""
    ws = run.ws
    train(ws, weights)
    made_from = json.loads((ws.adapter / "MANIFEST.json").read_text())["inputs"]
    write_atomic(ws.adapter / "training.json", json.dumps(SUMMARY))
    write_manifest(ws.adapter, made_from)
    calibrated(ws, CALIBRATION)


def with_data_card(run: Run) -> None:
    now = evidence.current(run.ws)
    card = make_card(workflow=W, digests={key: now[key] for key in ("data", "gold")})
    write_atomic(run.ws.data_card, card.to_json())


def released(run: Run, weights: bytes, reason: str, people: People) -> None:
    """A candidate that bob has approved, and that is the champion then."""
    trained(run, weights)
    run.gate()
    with_data_card(run)
    version = run.register().version
    with people.acting("bob"):
        approve(run.ws, version, "looked at")
    promote(run.ws, None, reason, "ann")


def sealed(folder: Path) -> Path:
    """A dossier made again and sealed again after somebody edited what it rests on."""
    for name in ("index.html", "dossier.json", "model-card.md", "croissant.json"):
        (folder / name).unlink(missing_ok=True)
    build(folder)
    (folder / "MANIFEST.json").unlink()
    write_manifest(folder, {})
    return folder


def payload(path: Path) -> str:
    """What an envelope holds, as text."""
    return base64.b64decode(json.loads(path.read_text())["payload"]).decode()
