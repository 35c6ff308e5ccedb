"""The map of controls: every row is decided by artefacts, and a deleted one turns its rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError
from support.documents.code_reader import ROOT
from support.releases.whole_dossier import Whole

from dslm.errors import Bug
from dslm.provenance import write_atomic
from dslm.releasing.dossier.artefacts import Artefacts, needed
from dslm.releasing.dossier.claims.all_claims import ARTEFACTS, CLAIMS, LISTED
from dslm.releasing.dossier.claims.control_map import ControlMap, claims_of, control_map, decided

pytestmark = pytest.mark.slow
# As NIST AI 100-1 counts them, function by function.
SUBCATEGORIES = {
    "GOVERN": (7, 3, 2, 3, 2, 2), "MAP": (6, 3, 5, 2, 2), "MEASURE": (3, 13, 3, 3),
    "MANAGE": (4, 4, 2, 3),
}  # fmt: skip


def without(folder: Path, name: str) -> Path:
    """A dossier's folder after an artefact was deleted from it, or from its release."""
    if name not in LISTED:
        (folder / ARTEFACTS[name]).unlink()
        return folder
    path = folder / "release/MANIFEST.json"
    manifest = json.loads(path.read_text())
    del manifest["files"][ARTEFACTS[name]]
    write_atomic(path, json.dumps(manifest))
    return folder


def test_all_subcategories_of_the_framework_are_listed_once() -> None:
    wanted = {
        f"{function} {category}.{number}"
        for function, counts in SUBCATEGORIES.items()
        for category, count in enumerate(counts, start=1)
        for number in range(1, count + 1)
    }
    listed = [row.id for row in control_map().rows if row.of == "ai-rmf"]
    assert Counter(listed) == Counter(wanted)
    assert len(listed) == 72
    told = (ROOT / "docs/evidence.md").read_text()
    counts = Counter(row.of for row in control_map().rows)
    assert f"all {counts['ai-rmf']} subcategories" in told
    assert f"{counts['genai']} suggested actions" in told
    assert f"{counts['annex-iv']} headings" in told


def test_every_claim_and_every_artefact_decides_a_row() -> None:
    used = {name for row in control_map().rows for name in row.needs}
    assert used == set(CLAIMS)
    assert {one for name in used for one in CLAIMS[name].of} == set(ARTEFACTS)


@pytest.mark.parametrize(
    "row",
    [
        {"of": "x", "id": "1", "says": "a", "needs": ["no such claim"]},
        {"of": "x", "id": "1", "says": "a"},
        {"of": "x", "id": "1", "says": "a", "needs": ["purpose"], "outside": "b"},
        {"of": "x", "id": "1", "says": "a", "lacking": "b", "open": "c"},
        {"of": "y", "id": "1", "says": "a", "lacking": "b"},
        {"of": "x", "id": "1", "says": "a", "lacking": "b", "status": "evidenced"},
    ],
)
def test_a_map_that_hangs_not_together_is_refused(row: dict[str, object]) -> None:
    framework = {"id": "x", "title": "X", "source": "a", "note": "b"}
    good = {"of": "x", "id": "0", "says": "a", "lacking": "b"}
    assert ControlMap.model_validate({"frameworks": [framework], "rows": [good]})
    with pytest.raises(ValidationError):
        ControlMap.model_validate({"frameworks": [framework], "rows": [row]})
    with pytest.raises(ValidationError):
        ControlMap.model_validate({"frameworks": [framework], "rows": [good, good]})


def test_every_claim_holds_of_a_release_that_has_everything(whole: Whole) -> None:
    claims = claims_of(Artefacts(whole.folder))
    spare = {"personal data"}  # the contract names none
    assert {name: says for name, (holds, says) in claims.items() if not holds}.keys() == spare
    # and so a row that is not evidenced says what is missing, or that nothing is kept of it
    for row in decided(Artefacts(whole.folder)):
        if row.status == "not evidenced":
            assert row.why == "not shown: personal data looked for" or not row.shown, row


@pytest.mark.parametrize("name", ARTEFACTS)
def test_a_deleted_artefact_turns_every_row_that_it_decides(
    name: str, whole: Whole, dossier: Path
) -> None:
    before = {(row.of, row.id): row for row in decided(Artefacts(whole.folder))}
    after = {(row.of, row.id): row for row in decided(Artefacts(without(dossier, name)))}
    claims = {one for one, claim in CLAIMS.items() if name in claim.of}
    turned = {key for key, row in after.items() if row.status != before[key].status}
    asked = {
        (row.of, row.id) for row in control_map().rows
        if claims & set(row.needs) and all(one.holds for one in before[row.of, row.id].shown)
    }  # fmt: skip
    assert asked
    assert asked <= turned
    rank = ("not evidenced", "partial", "evidenced")
    for key in turned:
        assert rank.index(after[key].status) < rank.index(before[key].status)


def _better(folder: Path) -> None:
    """A scorecard whose numbers nothing bears out."""
    path = folder / "release/scorecard.json"
    card = json.loads(path.read_text())
    candidate = card["models"]["candidate"]
    candidate["latency_ms"]["p95"] = 0.001
    for field in candidate["fields"].values():
        field["f1"] |= {"value": 1.0}
    write_atomic(path, json.dumps(card))


def _erased(folder: Path) -> None:
    erasures = [{"at": "2026-01-01", "cases": {"rows/candidate.jsonl": 1}}]
    write_atomic(folder / "release/erasure.json", json.dumps({"erasures": erasures}))


def _without_contract(folder: Path) -> None:
    (folder / "release/workflow.yaml").unlink()


def _without_gold(folder: Path) -> None:
    path = folder / "rows/candidate.jsonl"
    rows = [json.loads(line) | {"wanted": None} for line in path.read_text().splitlines()]
    write_atomic(path, "".join(f"{json.dumps(row)}\n" for row in rows))


def _without_rows(folder: Path) -> None:
    (folder / "rows/candidate.jsonl").unlink()


@pytest.mark.parametrize(
    ("harm", "rest_on_it"),
    [
        (_erased, {"measured", "fields", "slices", "service", "oversight"}),
        (_without_contract,
         {"measured", "fields", "slices", "service", "against base", "against champion"}),
        (_without_rows, {"measured", "fields", "slices", "service", "oversight"}),
        (_without_gold, {"fields"}),
    ],
    ids=["erased", "no contract", "no rows", "no gold"],
)  # fmt: skip
def test_a_number_that_is_not_computed_again_shows_nothing(
    harm: Callable[[Path], None], rest_on_it: set[str], dossier: Path
) -> None:
    _better(dossier)
    harm(dossier)
    claims = claims_of(Artefacts(dossier))
    assert {name for name in rest_on_it if claims[name][0]} == set()


def test_a_statement_of_another_move_is_none_of_this_one(dossier: Path) -> None:
    made = json.loads((dossier / "made.json").read_text()) | {"version": 7}
    write_atomic(dossier / "made.json", json.dumps(made))
    claims = claims_of(Artefacts(dossier))
    assert claims["move stated"] == (False, "it is a statement on something else")


def test_a_claim_that_reads_what_it_does_not_name_is_a_fault_of_ours() -> None:
    with pytest.raises(Bug, match="does not name"):
        needed(None)


def test_what_a_release_never_had_is_not_evidenced(dossier: Path) -> None:
    for name in ARTEFACTS:
        if name not in LISTED:
            (dossier / ARTEFACTS[name]).unlink(missing_ok=True)
    without_listed = dossier / "release/MANIFEST.json"
    write_atomic(without_listed, json.dumps({"digest": "", "files": {}, "inputs": {}}))
    rows = decided(Artefacts(dossier))
    assert {row.status for row in rows} == {"not evidenced", "out of scope"}


def test_no_word_of_it_claims_more_than_evidence(whole: Whole) -> None:
    for path in whole.folder.rglob("*"):
        if path.is_file() and path.name in ("index.html", "dossier.json", "model-card.md"):
            assert "complian" not in path.read_text().lower()
            assert "conformity" not in path.read_text().lower()
