"""Every number of scorecard and threshold, computed again from a dossier's rows without text.

Takes the artefacts of a dossier; gives the differences, none where all is well. Called when a
dossier is made and whenever one is checked.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.contract import Contract
from dslm.errors import InputError
from dslm.records import ModelScore, Scorecard
from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.scored_cases import ScoredCase, as_rows
from dslm.scoring.calibration import calibrate
from dslm.scoring.rows.row_differences import compare
from dslm.scoring.scorecard import score_model


def recomputed_models(found: Artefacts) -> list[str]:
    """The models of the scorecard that rows are there of, none of them erased.

    Without the contract nothing says what a row is worth: none.
    """
    if found.contract is None:
        return []
    scored = found.scorecard.models if found.scorecard else {}
    return [name for name in scored if name in found.rows and not found.erased_from(name)]


def fields_recomputed(found: Artefacts) -> bool:
    """Whether the candidate's fields are computed again: each row says what gold has."""
    if "candidate" not in recomputed_models(found):
        return False
    return as_rows(found.rows["candidate"])[1] is not None


def not_as_computed(found: Artefacts) -> list[str]:
    """Where scorecard or threshold are not what follows from the rows."""
    contract, card = found.contract, found.scorecard
    if contract is None:
        return []
    differ: list[str] = []
    try:
        if card is not None:
            for name in recomputed_models(found):
                differ += _model_differs(contract, card, name, found.rows[name])
            if card.currency != (asked := contract.costs.currency):
                differ.append(
                    f"scorecard: currency {card.currency[:20]!r}, the contract has {asked}"
                )
        differ += _threshold_differs(contract, found)
    except (InputError, LookupError, ValueError, OverflowError) as error:
        return [f"rows: {error}"]
    return differ


def _model_differs(
    contract: Contract, card: Scorecard, name: str, cases: list[ScoredCase]
) -> Iterator[str]:
    rows, gold = as_rows(cases)
    written = card.models[name]
    if len(rows) != card.gold_cases:
        yield f"{name}: {len(rows)} rows, and the scorecard is of {card.gold_cases} cases"
        return
    asked = gold or as_rows([case.model_copy(update={"wanted": ()}) for case in cases])[1] or []
    again = score_model(contract, asked, rows)
    if gold is None:  # what fields recall depends on gold, which was not at hand
        again, written = _without_fields(again), _without_fields(written)
    yield from compare(written, again, f"scorecard: models.{name}")


def _without_fields(score: ModelScore) -> ModelScore:
    return score.model_copy(update={"fields": {}})


def _threshold_differs(contract: Contract, found: Artefacts) -> Iterator[str]:
    written, cases = found.calibration, found.rows.get("calibration")
    if written is None or cases is None or found.erased_from("calibration"):
        return
    rows, _ = as_rows(cases)
    again = calibrate(contract, rows, written.evidence, written.number)
    yield from compare(written, again, "calibration")
    card = found.scorecard
    if card is not None and card.threshold != written.threshold:
        yield f"scorecard: threshold {card.threshold}, the calibration has {written.threshold}"
