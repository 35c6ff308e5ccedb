"""The metric modules of `eval/metrics`: loaded by path, offline, equal to the scorecard."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.repositories.scored_rows import MINI, WRONG, answer, cases, rows_of
from support.repositories.small_repository import CONTRACT

from dslm.contract.answers.canonical_answer import canonical_text
from dslm.scoring import score_model

METRICS = Path(__file__).parents[3] / "eval" / "metrics"
GOLD = cases(40, groups=10)
SURE = [0.4 + 0.6 * (i % 7) / 7 for i in range(40)]
RIGHT = [i % 6 > 0 for i in range(40)]

pytestmark = [
    pytest.mark.slow,  # imports datasets and evaluate
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]


@pytest.fixture
def columns(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "workflow.yaml"
    path.write_text(CONTRACT)
    written = [c.target if r else WRONG for c, r in zip(GOLD, RIGHT, strict=True)]
    return {
        "predictions": [answer(o).text for o in written],
        "references": [canonical_text(MINI, c.target or {}) for c in GOLD],
        "contract": str(path),
    }


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """`evaluate.load` by path, its copies kept out of the user's cache."""
    import evaluate
    import evaluate.config

    cache = tmp_path_factory.mktemp("evaluate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate.config, "HF_MODULES_CACHE", str(cache / "modules"))
        yield lambda name: evaluate.load(str(METRICS / name), cache_dir=str(cache / "data"))


def test_every_metric_module_is_loaded_here() -> None:
    names = {path.parent.name for path in METRICS.glob("*/*.py")}
    assert names == {"case_exact_match", "field_f1", "selective_risk"}


def test_case_exact_match_is_the_scorecards(load, columns) -> None:
    found = load("case_exact_match").compute(groups=[c.meta["sender"] for c in GOLD], **columns)
    expected = score_model(MINI, GOLD, rows_of(GOLD, RIGHT)).metrics["case_exact_match"]
    assert found == {"case_exact_match": expected.value, "low": expected.low,
                     "high": expected.high, "n": 40}  # fmt: skip


def test_field_f1_is_the_scorecards(load, columns) -> None:
    found = load("field_f1").compute(groups=[c.meta["sender"] for c in GOLD], **columns)
    fields = score_model(MINI, GOLD, rows_of(GOLD, RIGHT)).fields
    assert found == {name: score.f1.value for name, score in fields.items()}


def test_selective_risk_is_the_scorecards(load, columns) -> None:
    found = load("selective_risk").compute(
        inputs=[c.input for c in GOLD], confidences=SURE, threshold=0.6, **columns
    )
    rows = rows_of(cases(40), RIGHT, confidence=SURE, threshold=0.6)
    metrics = score_model(MINI, cases(40), rows).metrics
    risk = metrics["selective_risk"]
    assert found == {"selective_risk": risk.value, "low": risk.low, "high": risk.high,
                     "coverage": metrics["coverage"].value}  # fmt: skip


def test_a_reference_outside_the_schema_is_refused(load, columns) -> None:
    columns["references"][3] = "{}"
    with pytest.raises(ValueError, match="the contract's schema refuses"):
        load("field_f1").compute(groups=[c.id for c in GOLD], **columns)
