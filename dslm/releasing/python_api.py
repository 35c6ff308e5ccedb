"""A release in another program: opened, verified, and asked.

    import dslm

    release = dslm.open_release("invoice_intake", "champion")
    for answer in release.answer(["Invoice 4711 of ..."]):
        print(answer.action, answer.object)
    print(release.identity.digest)

These three names stay as they are. `dslm.open_release` calls `open_release` here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.errors import InputError
from dslm.errors.notices import notice
from dslm.records import Action, Bridged, Record
from dslm.releasing.verification.fetch_release import fetch_asked
from dslm.releasing.verification.verified_loading import Verified, load_verified
from dslm.settings.workspace import workspace

CHAMPION = "champion"


class ReleaseAnswer(Record):
    """One answer of a release.

    Attributes:
        object: By the contract's output schema; None where the model wrote none that it allows.
        action: proceed: use it; abstain: to a person; escalate: to a stronger tier.
        reasons: What spoke against proceeding.
        confidence: Of the whole answer, between 0 and 1.
        release: The digest of the release that gave it.
    """

    object: dict[str, Any] | None
    action: Action
    reasons: tuple[str, ...]
    confidence: float
    release: str


@dataclass(frozen=True)
class Identity:
    """Which release answers, and what with.

    Attributes:
        workflow: Whose.
        version: Its number in the registry.
        digest: The release's: the same number may be another's once a registry was begun anew.
        threshold: Confidence from which an answer proceeds.
        made_from: Digests of adapter, base, contract, gold and all else that it is evidence of.
        computes: Packages, device and code here.
        told: What of these is not as when it was gated.
        bridged: How it was shown to answer as it did then; None where nothing is otherwise.
    """

    workflow: str
    version: int
    digest: str
    threshold: float
    made_from: Mapping[str, str]
    computes: Mapping[str, str]
    told: tuple[str, ...]
    bridged: Bridged | None


class OpenRelease:
    """A verified release that answers; threads may ask at the same time."""

    def __init__(self, version: int, verified: Verified):
        """Of `open_release`."""
        self._verified = verified
        decider = verified.decider
        self.identity = Identity(
            workflow=decider.contract.name,
            version=version,
            digest=verified.digest,
            threshold=decider.threshold,
            made_from=dict(verified.evidence),
            computes={key: decider.identity[key] for key in ("packages", "device", "code")},
            told=verified.told,
            bridged=verified.bridged,
        )

    def answer(self, texts: Iterable[str]) -> list[ReleaseAnswer]:
        """Answers with their decisions, one a text, in order.

        Raises:
            InputError: It is one text instead of several, or one of them is no text.
        """
        return [
            ReleaseAnswer(
                object=prediction.object,
                action=decision.action,
                reasons=decision.reasons,
                confidence=prediction.confidence,
                release=self.identity.digest,
            )
            for prediction, decision in self._verified.decider.answer(_listed(texts))
        ]


def _listed(texts: Iterable[str]) -> list[str]:
    """The texts in their order, read once: whoever gives them one by one gives them only once.

    Raises:
        InputError: They have no order, or one is no text.
    """
    ordered = isinstance(texts, Iterable) and not isinstance(texts, str | bytes | Mapping | Set)
    found = list(texts) if ordered else []
    if not ordered or not all(isinstance(text, str) for text in found):
        raise InputError("is no list of texts", where="answer", fix='give it as ["text", ...]')
    return found


def open_release(
    workflow: str, release: int | str = CHAMPION, *, root: str | Path | None = None
) -> OpenRelease:
    """A registered release, fetched, proved byte for byte, loaded and ready to answer.

    Args:
        workflow: A folder in `data/` of the repository.
        release: `champion`, the one that serves by the journal, or a version's number.
        root: The repository; by default the one around the present folder, or `DSLM_ROOT`.

    Raises:
        ReleaseRefused: It is not what was registered, or answers otherwise than it was gated.
        InputError: There is no such workflow, or its base model is missing.
        EnvironmentFault: The registry cannot be reached now.
    """
    named = isinstance(release, int) and not isinstance(release, bool) and release > 0
    if not (named or release == CHAMPION):
        what = f"{release!r} names no release"
        raise InputError(what, where="release", fix=f"{CHAMPION!r}, or a version's number")
    ws = workspace(workflow, None if root is None else Path(root))
    with tempfile.TemporaryDirectory(prefix="dslm-release-") as into:
        number, folder = fetch_asked(ws, release if isinstance(release, int) else None, Path(into))
        verified = load_verified(folder, ws.root)
    for line in verified.said():
        notice(line)
    return OpenRelease(number, verified)
