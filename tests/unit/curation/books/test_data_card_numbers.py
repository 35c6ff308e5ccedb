from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.curation.curated_runs import curated
from support.curation.sample_data_card import REACH

from dslm.contract import Contract
from dslm.curation.answer_fields import named_values
from dslm.curation.books import data_card_numbers as card_module
from dslm.curation.books.data_card_numbers import MOST_VALUES, make_data_card
from dslm.curation.books.part_statistics import MOST_BINS, binned, edges_of, spread_of
from dslm.curation.splits import SPLITS
from dslm.data_card import PARTS, DataCard, Reach
from dslm.records import Case

DIGESTS = {"data": "sha256:data"}
Made = tuple[DataCard, dict[str, list[Case]]]


def told(contract: Contract, folder: Path, gold: list[Case], out: Path) -> Made:
    """The card of a whole curation, with the cases of each part."""
    done = curated(contract, folder, gold, out)
    card = make_data_card(contract, folder, out, gold, DIGESTS, Reach.model_validate(REACH))
    return card, done.parts | {"gold": gold}


def labelled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of which every fifth is out of scope, with a null amount."""
    return [
        row | {"target": {"kind": "other", "amount": None}} if place % 5 == 0 else row
        for place, row in enumerate(rows)
    ]


@pytest.fixture
def made(contract, rows, gold, write_source, tmp_path) -> Made:
    rows = labelled(rows)
    twin = rows[1] | {"id": "z-exact", "input": rows[1]["input"].upper()}
    other = rows[2] | {"id": "z-contra", "target": {"kind": "claim", "amount": "0.01"}}
    write_source(rows[:100])
    folder = write_source([*rows[100:], twin, other, b"{"], "b.jsonl")
    return told(contract, folder, gold, tmp_path / "out")


@pytest.mark.slow
def test_read_is_kept_plus_dropped_plus_rejected_over_all_and_file_by_file(made: Made) -> None:
    card, parts = made
    assert (card.read, card.kept, card.rejected) == (203, 199, 1)
    assert card.dropped == {"contradictory_label": 2, "exact_duplicate": 1}
    assert [(f.file, f.read, f.kept, f.dropped, f.rejected) for f in card.files] == [
        ("sources/a.jsonl", 100, 99, 1, 0),
        ("sources/b.jsonl", 103, 100, 2, 1),
    ]
    assert {(f.licence, f.origin) for f in card.files} == {("CC0", "made here")}
    assert {name: part.cases for name, part in card.parts.items()} == {
        name: len(cases) for name, cases in parts.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    [{"read": 204}, {"rejected": 0}, {"dropped": {"exact_duplicate": 3, "leak_near": 1}},
     {"files": ()}, {"edges": (0,), "parts": {}}],
    ids=str,
)  # fmt: skip
def test_a_card_that_does_not_reconcile_cannot_be_made(made: Made, wrong: dict[str, Any]) -> None:
    whole = made[0].model_dump()
    assert DataCard.model_validate(whole) == made[0]
    with pytest.raises(ValueError, match=r"add up|read is not"):
        DataCard.model_validate(whole | wrong)


@pytest.mark.slow
def test_counts_of_a_label_that_miss_a_case_are_refused(made: Made) -> None:
    whole = made[0].model_dump()
    whole["labels"][0]["values"][0]["cases"]["gold"] -= 1
    with pytest.raises(ValueError, match="kind: counts do not add up"):
        DataCard.model_validate(whole)


@pytest.mark.slow
def test_every_listed_value_is_counted_in_every_part(made: Made) -> None:
    card, parts = made
    [kind] = card.labels
    assert kind.name == "kind"
    assert [tally.value for tally in kind.values] == ["claim", "other"]
    for part, cases in parts.items():
        expected = Counter(case.target["kind"] for case in cases if case.target)
        assert {str(t.value): t.cases[part] for t in kind.values} == {
            "claim": expected["claim"],
            "other": expected["other"],
        }
    assert kind.values[1].cases["gold"] == 0


@pytest.mark.slow
def test_open_fields_tell_nulls_different_values_and_lengths(made: Made) -> None:
    card, parts = made
    [amount] = card.open_fields
    for part, cases in parts.items():
        values = [case.target["amount"] for case in cases if case.target]
        texts = [value for value in values if value is not None]
        found = amount.parts[part]
        assert (found.null, found.distinct) == (values.count(None), len(set(texts)))
        assert found.length is not None
        assert (found.length.least, found.length.most) == (
            min(map(len, texts)),
            max(map(len, texts)),
        )


@pytest.mark.slow
def test_lengths_are_characters_of_the_inputs(made: Made) -> None:
    card, parts = made
    for name, part in card.parts.items():
        lengths = sorted(len(case.input) for case in parts[name])
        assert part.length is not None
        assert (part.length.least, part.length.most) == (lengths[0], lengths[-1])
        assert sum(part.bins) == len(lengths)
        above = [sum(length >= edge for length in lengths) for edge in card.edges]
        assert [sum(part.bins[place:]) for place in range(len(part.bins))] == above


@pytest.mark.slow
@given(st.lists(st.integers(0, 5000), min_size=1, max_size=300))
def test_quantiles_are_nearest_ranks(lengths: list[int]) -> None:
    found = spread_of(Counter(lengths))
    assert found is not None
    ranks = {"least": 0.0, "p5": 5, "p25": 25, "median": 50, "p75": 75, "p95": 95, "most": 100}
    for name, percent in ranks.items():
        place = max(1, -(-len(lengths) * int(percent) // 100)) - 1
        assert getattr(found, name) == sorted(lengths)[place]


@pytest.mark.slow
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=300))
def test_bins_hold_every_length_and_edges_read_well(lengths: list[int]) -> None:
    edges = edges_of(Counter(lengths))
    bins = binned(Counter(lengths), edges)
    assert sum(bins) == len(lengths)
    assert edges[0] <= min(lengths)
    assert len(edges) <= MOST_BINS + 2
    widths = set(np.diff(edges).tolist())
    assert len(widths) <= 1
    assert all(str(width).rstrip("0") in ("1", "2", "5") for width in widths)


@pytest.mark.slow
def test_one_endless_input_does_not_flatten_the_picture() -> None:
    lengths = Counter({100: 500, 110: 490, 100_000: 3})
    edges = edges_of(lengths)
    assert edges[-1] <= 110
    assert binned(lengths, edges)[-1] >= 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "values"),
    [({"enum": ["a", None]}, ["a", None]), ({"const": 3}, [3]),
     ({"type": "boolean"}, [False, True]), ({"type": ["boolean", "null"]}, [False, True, None]),
     ({"type": ["string", "null"]}, None), ({"type": "integer"}, None), ({}, None)],
    ids=str,
)  # fmt: skip
def test_a_field_is_a_label_where_its_schema_lists_all_values(
    schema: dict[str, Any], values: list[Any] | None
) -> None:
    assert named_values(schema) == values


@pytest.mark.slow
def test_slices_are_counted_with_the_name_that_scoring_gives_them(
    contract, rows, gold, write_source, tmp_path
) -> None:
    sliced = contract.model_copy(update={"slices": ["language"]})
    for place, row in enumerate(rows):
        if place % 4:
            row["meta"]["language"] = "en" if place % 2 else 7
    card, _ = told(sliced, write_source(rows), gold, tmp_path / "out")
    [language] = card.slices
    assert {str(t.value) for t in language.values} == {"en", "7", "(unset)"}
    trained = {str(t.value): sum(t.cases[s] for s in SPLITS) for t in language.values}
    assert trained == {"en": 100, "7": 50, "(unset)": 50}
    assert next(t for t in language.values if t.value == "(unset)").cases["gold"] == len(gold)


@pytest.mark.slow
def test_rare_values_of_a_slice_are_counted_together(
    contract, rows, gold, write_source, tmp_path
) -> None:
    sliced = contract.model_copy(update={"slices": ["place"]})
    for place, row in enumerate(rows):
        row["meta"]["place"] = f"p{place % 80:02d}"
    card, _ = told(sliced, write_source(rows), gold, tmp_path / "out")
    [found] = card.slices
    assert len(found.values) == MOST_VALUES
    assert found.unlisted_values == 81 - MOST_VALUES
    counted = sum(t.cases[s] for t in found.values for s in SPLITS)
    assert counted + sum(found.unlisted[s] for s in SPLITS) == 200


@pytest.mark.slow
def test_a_contradiction_is_shown_field_by_field(made: Made) -> None:
    [one] = made[0].contradictions.shown
    assert made[0].contradictions.found == 1
    assert one.ids == ("s-0002", "z-contra")
    assert {(said.value, said.cases) for said in one.fields["amount"]} >= {("0.01", 1)}
    assert not one.settled


@pytest.mark.slow
def test_a_long_list_of_contradictions_is_cut_but_counted(
    contract, rows, gold, write_source, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(card_module, "MOST_SHOWN", 2)
    monkeypatch.setattr(card_module, "MOST_IDS", 2)
    again = [
        row | {"id": f"z{n}-{row['id']}", "target": {"kind": "claim", "amount": f"{n}.01"}}
        for row in rows[:5]
        for n in range(3)
    ]
    card, _ = told(contract, write_source([*rows, *again]), gold, tmp_path / "out")
    assert card.contradictions.found == 5
    assert len(card.contradictions.shown) == 2
    first = card.contradictions.shown[0]
    assert (len(first.ids), first.cases, len(first.fields["amount"])) == (2, 4, 2)


@pytest.mark.slow
def test_leaks_that_were_found_are_told(contract, rows, gold, write_source, tmp_path) -> None:
    leak = rows[0] | {"id": "leak", "input": gold[0].input}
    card, _ = told(contract, write_source([*rows, leak]), gold, tmp_path / "out")
    assert card.leakage.compared == 201
    assert card.leakage.found["leak_exact"] == 1


@pytest.mark.slow
def test_days_of_arrival_are_told_where_the_contract_knows_them(
    build_contract, rows, gold, write_source, tmp_path
) -> None:
    for place, row in enumerate(rows):
        row["meta"]["at"] = f"2024-01-{place % 28 + 1:02d}T10:00:00"
    contract = build_contract(time="at")
    card, parts = told(contract, write_source(rows), gold, tmp_path / "out")
    days = [case.meta["at"][:10] for case in parts["train"]]
    assert (card.parts["train"].first, card.parts["train"].last) == (min(days), max(days))
    assert (card.parts["gold"].first, card.parts["gold"].untimed) == (None, len(gold))


@pytest.mark.slow
def test_what_the_ledger_says_of_personal_data_is_carried_over(
    contract, rows, gold, write_source, tmp_path
) -> None:
    folder, out = write_source(rows), tmp_path / "out"
    card, _ = told(contract, folder, gold, out)
    assert card.personal is None
    book = json.loads((out / "ledger.json").read_text())
    (out / "ledger.json").write_text(json.dumps(book | {"personal": {"iban": 3}}))
    again = make_data_card(contract, folder, out, gold, DIGESTS, Reach.model_validate(REACH))
    assert again.personal == {"iban": 3}


@pytest.mark.slow
def test_shuffled_sources_give_the_same_bytes(contract, rows, gold, write_source, tmp_path) -> None:
    texts = set()
    for seed in range(3):
        rng = random.Random(seed)
        folder = write_source(rng.sample(rows, len(rows)))
        card, _ = told(contract, folder, rng.sample(gold, len(gold)), tmp_path / f"out{seed}")
        texts.add(card.to_json())
        assert str(tmp_path) not in card.to_json()
    assert len(texts) == 1
    assert tuple(json.loads(texts.pop())["parts"]) == PARTS
