"""A release's own recorded answers, given again at a rollback and where code or engine are others.

A release carries some of its gold cases, none with personal values in it, and a row of each. Takes
a loaded decider and the release's folder; refuses it where one answer is another. So a release is
served after an upgrade, and on another machine, if it still answers as it was gated. Called by
`verified_loading`; packaging writes the cases.

"The same" is what `dslm.scoring.rows.answers_given_again` means by it: the same words and
probabilities, or others where the model holds both for equally probable, within rounding; and the
same decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dslm.cases import read_records
from dslm.contract.answers.decision import decide
from dslm.errors import ReleaseRefused
from dslm.provenance import digest_file
from dslm.records import Bridged, Case, Prediction, Row
from dslm.releasing.registry.mlflow_store import RESTORE
from dslm.scoring.rows.answers_given_again import BOUNDS, Repeating, parting, unlike_row
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json

FILE = "recorded.jsonl"
ROWS = "rows/candidate.jsonl"
AT_LEAST = 20
MOST_NAMED = 5
UNSURE = "low_confidence"
ENGINE = ("code", "device", "packages")


class Answering(Repeating, Protocol):
    """What answers and decides: `dslm.inference.decider.Decider`."""

    @property
    def threshold(self) -> float:
        """Confidence from which an answer may proceed."""


def cases_to_record(ws: Workspace) -> list[Case]:
    """The gold cases that a release carries: as many as the bridge asks for, all without labels.

    None holds anything personal, since the registry is read by more people than gold. Which ones is
    drawn by their ids, so that nobody chooses the easy ones and the same gold gives the same.
    """
    from dslm.cases import read_labelled
    from dslm.contract import load_contract
    from dslm.curation.personal import gold_with_surrogates  # who only loads needs none of it

    contract = load_contract(ws.contract)
    gold = read_labelled(ws.gold, contract)
    showing = gold_with_surrogates(contract, gold, None)
    plain = [case for case in gold if showing.case(case).input == case.input]
    return [Case(id=case.id, input=case.input) for case in _drawn(plain)]


def _drawn(cases: Sequence[Case]) -> list[Case]:
    chosen = sorted(cases, key=lambda case: hashlib.sha256(case.id.encode()).digest())[:AT_LEAST]
    return sorted(chosen, key=lambda case: case.id)


@dataclass(frozen=True)
class _Recorded:
    """Cases with their rows; `whole`: as many as there should be."""

    pairs: tuple[tuple[Case, Row], ...]
    whole: bool


def bridge(
    decider: Answering, folder: Path, evidence: Mapping[str, str], gold: Path | None
) -> Bridged:
    """Let a release that computes otherwise here give its recorded answers again.

    Args:
        decider: The release, loaded.
        folder: Its files, every byte compared.
        evidence: What they are evidence of.
        gold: Its workflow's gold set, for a release that carries too few cases: one with personal
            values in nearly all, or of before releases carried any. None where there is none.

    Returns:
        What it was gated with, what answers now, and how many answers were compared.

    Raises:
        ReleaseRefused: An answer or a decision is another, or there is none to compare with.
    """
    recorded = _recorded(folder, evidence, gold)
    was = {key: evidence[key] for key in ENGINE if key in evidence}
    now = {key: decider.identity[key] for key in ENGINE}
    if not recorded.pairs:
        what = "computes otherwise here than where it was gated, and has no recorded answer to give"
        fix = "load it in a repository that has the gold set it was gated on, or make it again"
        raise ReleaseRefused(what, where=decider.contract.name, fix=fix)
    found = list(_others(decider, recorded.pairs))
    if found:
        more = f"; and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        what = f"gives {len(found)} of {len(recorded.pairs)} recorded answers otherwise here: "
        fix = "load it with the packages and code that it was gated with, or make it again"
        raise ReleaseRefused(what + "; ".join(found[:MOST_NAMED]) + more,
                             where=decider.contract.name, fix=fix)  # fmt: skip
    return Bridged(was=was, now=now, answers=len(recorded.pairs), whole=recorded.whole)


def recorded_there(folder: Path, evidence: Mapping[str, str], gold: Path | None) -> bool:
    """Whether there is a recorded answer that `bridge` could have given again."""
    return bool(_recorded(folder, evidence, gold).pairs)


def _recorded(folder: Path, evidence: Mapping[str, str], gold: Path | None) -> _Recorded:
    """The cases that can be asked here, with their rows."""
    path = folder / ROWS
    rows = {row.id: row for row in read_records(path, Row)} if path.is_file() else {}
    asked = _carried(folder)
    if len(asked) < AT_LEAST and gold is not None and _is_gold(gold, evidence):
        asked = _drawn([case for case in read_records(gold, Case) if case.id in rows])
    pairs = tuple((case, rows[case.id]) for case in asked if case.id in rows)
    return _Recorded(pairs, len(pairs) >= min(AT_LEAST, len(rows)))


def _is_gold(path: Path, evidence: Mapping[str, str]) -> bool:
    return path.is_file() and digest_file(path) == evidence.get("gold")


def _carried(folder: Path) -> list[Case]:
    """The cases in a release's folder: those to bridge by, else the one of its smoke test."""
    if (folder / FILE).is_file():
        return read_records(folder / FILE, Case)
    path = folder / "smoke.json"
    if not path.is_file():
        return []
    try:
        said = strict_json(path.read_bytes())
        return [Case(id=said["id"], input=said["input"])] if said.get("as_gold") is True else []
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ReleaseRefused("names no id and input", where=path, fix=RESTORE) from None


def _others(decider: Answering, pairs: Sequence[tuple[Case, Row]]) -> Iterator[str]:
    """Why cases are not answered as recorded; ids and fields, no values, which may be personal."""
    texts = [case.input for case, _ in pairs]
    written = [row.prediction.text for _, row in pairs]
    again = decider.predict(texts, drafts=written)
    parted = [n for n, text in enumerate(written) if text and again[n].text != text]
    held = {}
    if parted:
        answers = decider.predict_held([texts[n] for n in parted], [written[n] for n in parted])
        held = dict(zip(parted, answers, strict=True))
    bound = BOUNDS.get(decider.precision, max(BOUNDS.values()))
    for n, (case, row) in enumerate(pairs):
        reason = _other_answer(row.prediction, again[n], held.get(n), bound)
        if reason is None and again[n].text == written[n]:
            reason = _other_decision(decider, case, row, again[n])
        if reason is not None:
            yield f"case {case.id}: {reason}"


def _other_answer(
    written: Prediction, again: Prediction, held: Prediction | None, bound: float
) -> str | None:
    """Why an answer is another than was recorded, if it is."""
    if written.log_probs is not None:
        return unlike_row(written, again, held, bound)[0]
    # of before log-probabilities were kept: its words, or a tie
    if again.text == written.text:
        return None
    if held is not None and held.text == written.text and parting(held, again) <= bound:
        return None
    return "answers otherwise"


def _other_decision(decider: Answering, case: Case, row: Row, again: Prediction) -> str | None:
    """Why the same words are decided otherwise; being just above or below the threshold is none."""
    now = decide(decider.contract, case.input, again, decider.threshold)
    unsure = [UNSURE in one.reasons for one in (row.decision, now)]
    if again.object != row.prediction.object:
        return "another object of the same words"
    if unsure[0] == unsure[1] and now.action != row.decision.action:
        return f"action {now.action}, recorded {row.decision.action}"
    return None
