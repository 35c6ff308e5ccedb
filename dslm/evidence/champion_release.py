"""What the champion's release says of itself, kept beside its answers on today's gold.

The gate knows the champion by its digest alone, from git. That digest is made of the release's
evidence, which holds the digest of its calibration: so the two that are kept here prove that the
answers are of that release, decided at its own threshold. Written by the score_champion stage.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from dslm.errors import ReleaseRefused
from dslm.evidence.certified_threshold import MODEL, Threshold, read_threshold, refuse_foreign
from dslm.evidence.evidence_record import release_digest
from dslm.provenance import digest_bytes
from dslm.records import Record
from dslm.settings.workspace import stage_command

CHAMPION_FILE = "release.json"


class ChampionRelease(Record):
    """A release's evidence, in whatever format it was made, and its calibration.json.

    Its evidence may not say what its files say now: digests of documents are made by code, and a
    release outlives the code that made it. So three are read from its files when it answers:
    `plan` of its recipe, `recipe` and `data` of its adapter's manifest.
    """

    evidence: dict[str, str]
    calibration: str
    plan: str
    recipe: str
    data: str

    def threshold(self) -> Threshold:
        """The threshold that it answers with."""
        return read_threshold(self.calibration.encode(), Path(CHAMPION_FILE))


def read_champion_release(path: Path, workflow: str, digest: str | None) -> ChampionRelease:
    """What the champion's release says of itself, proved by its digest.

    Args:
        path: Where the score_champion stage wrote it.
        workflow: Whose champion.
        digest: Of the release, as `champion.json` has it.

    Raises:
        ReleaseRefused: It is missing, or of another release.
    """
    again = f"run {stage_command('score_champion', path)}"
    try:
        found = ChampionRelease.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ReleaseRefused(f"cannot be read: {error.strerror}", where=path, fix=again) from None
    except ValidationError as error:
        what = f"does not say what the champion is ({error.errors()[0]['msg']})"
        raise ReleaseRefused(what, where=path, fix=again) from None
    if release_digest(workflow, found.evidence) != digest:
        raise ReleaseRefused("is not of the champion", where=path, fix=again)
    if digest_bytes(found.calibration.encode()) != found.evidence.get("calibration"):
        what = "the calibration is not the champion's own"
        raise ReleaseRefused(what, where=path, fix=again)
    try:
        model = {key: found.evidence[key] for key in MODEL}
    except KeyError as lacking:
        what = f"the champion's evidence names no {lacking.args[0]}"
        raise ReleaseRefused(what, where=path, fix=again) from None
    refuse_foreign(found.threshold(), model, where=path, fix=again)
    return found
