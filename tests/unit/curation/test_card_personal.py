"""What data card and page say of personal data, held against values that were planted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from support.curation.curated_runs import curated
from support.curation.sample_data_card import REACH
from support.documents.page_reader import read

from dslm.contract import Contract
from dslm.curation.books.data_card_numbers import make_data_card
from dslm.curation.personal.surrogates.surrogate_key import fingerprint
from dslm.data_card import DataCard, Reach
from dslm.records import Case
from dslm.reporting.data_card.data_card_page import render_card

KEY = "a secret of thirty-two characters"
NAMES = ("Robin Crusoe", "Esther Fairbeck", "Will Price", "Odd Halvorsen")
Told = tuple[DataCard, str, dict[str, dict[str, Any]], list[Case]]


def contract_in(mode: str, build: Callable[..., Contract]) -> Contract:
    plain = build().model_dump(mode="json", by_alias=True)
    plain["data"]["personal"] = {
        "mode": mode, "kinds": ["email", "name"],
        "fields": {"target.name": "name", "target.ssn": "ssn", "meta.pin": "pin",
                   "meta.contcat": "name"},
    }  # fmt: skip
    text = {"type": ["string", "null"], "maxLength": 60}
    plain["output"]["properties"] |= {"name": text, "ssn": text, "phone": text}
    plain["output"]["required"] += ["name", "ssn", "phone"]
    return Contract.model_validate(plain)


def planted(build: Callable[..., list[dict]]) -> list[dict[str, Any]]:
    """120 rows: four with a name, twelve a number, ten an e-mail, six a telephone, three a PIN."""
    rows = build(120)
    for place, row in enumerate(rows):
        row["target"] |= {"name": None, "ssn": None, "phone": None}
        if place < len(NAMES):
            row["target"]["name"] = NAMES[place]
            row["input"] += f", says {NAMES[place].lower()}"
        if 10 <= place < 22:
            row["target"]["ssn"] = f"{place}7-45-67{place}"
            row["input"] += f", social {place}7 45 67{place}"
        if 30 <= place < 40:
            row["input"] += f", to kolbart{place}@lindt.com"
        if 40 <= place < 46:
            row["target"]["phone"] = f"+1 202 555 01{place}"
            row["input"] += f", call +1 202 555 01{place}"
        if 50 <= place < 53:
            row["meta"]["pin"] = str(place)
        if place == 60:
            row["input"] += ", a fair price that will last"
    return rows


@pytest.fixture(scope="module", params=["surrogate", "drop", "keep"])
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory,
    build_contract: Callable[..., Contract], build_rows: Callable[..., list[dict]],
) -> Told:  # fmt: skip
    """Card, page, planted rows by id and what was written, mode by mode."""
    folder, rows = tmp_path_factory.mktemp("card"), planted(build_rows)
    contract = contract_in(request.param, build_contract)
    (folder / "sources").mkdir()
    (folder / "sources/a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    blank = {"name": None, "ssn": None, "phone": None}
    gold = [Case.model_validate(row | {"target": row["target"] | blank})
            for row in build_rows(9, prefix="g")]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DSLM_PERSONAL_KEY", KEY)
        done = curated(contract, folder, gold, folder / "out")
    card = make_data_card(contract, folder, folder / "out", gold, {}, Reach.model_validate(REACH))
    return card, render_card(card), {row["id"]: row for row in rows}, done.kept


def section(page: str, name: str) -> str:
    return " ".join(read(page).by_id(name).text.replace("\u00a0", " ").split())


def mode_of(card: DataCard) -> str:
    assert card.personal is not None
    return str(card.personal["mode"])


@pytest.mark.slow
def test_what_becomes_of_it_is_what_became_of_it(told: Told) -> None:
    card, page, rows, kept = told
    said, mode = section(page, "sources"), mode_of(card)
    if mode == "keep":
        assert "it is counted and stays as it is" in said
        assert {case.id: case.input for case in kept} == {k: r["input"] for k, r in rows.items()}
        return
    written = "\n".join(case.model_dump_json() for case in kept).casefold()
    values = ["crusoe", "esther fairbeck", "halvorsen", "kolbart3", "lindt.com", "107-45-6710"]
    assert [one for one in values if one in written] == []
    if mode == "surrogate":
        assert "replaced by invented values of the same form" in said
        assert f"fingerprint of the key{fingerprint(KEY.encode())}" in said
        assert len(kept) == len(rows)
    else:
        assert "a case that has any is dropped" in said
        dropped = {k: n for k, n in card.dropped.items() if k.startswith("personal:")}
        assert dropped["personal:email"] == 10
        assert sum(dropped.values()) == len(rows) - len(kept)


@pytest.mark.slow
def test_the_counts_by_kind_are_those_of_what_was_planted(told: Told) -> None:
    card, page, rows, _ = told
    assert card.personal is not None
    kinds: Any = card.personal["kinds"]
    found = {kind: kinds[kind]["cases"] for kind in ("email", "id")}
    assert found == {"email": 10, "id": 3}
    with_ssn = sum(row["target"]["ssn"] is not None for row in rows.values())
    numbers = sum(kinds.get(kind, {"cases": 0})["cases"] for kind in ("national_id", "tax"))
    assert numbers == with_ssn
    assert kinds["name"]["cases"] >= len(NAMES)
    assert f"e-mail addresses{kinds['email']['findings']} in 10 cases" in section(page, "sources")


@pytest.mark.slow
def test_the_fields_that_hold_it_are_named(told: Told) -> None:
    card, page, _, _ = told
    listed = "meta.contcat (names): 0 values, meta.pin (numbers of a person) in 3 cases, "
    listed += "target.name (names) in 4 cases, target.ssn (national identity"
    assert f"fields that hold it, by the contract{listed}" in section(page, "sources")
    assert card.personal is not None
    assert card.personal["in_fields"] == {
        "meta.contcat": 0, "meta.pin": 3, "target.name": 4, "target.ssn": 12,
    }  # fmt: skip
    assert "no case has a value there: meta.contcat." in section(page, "look")


@pytest.mark.slow
def test_what_nobody_declared_is_counted_as_left_and_is_there(told: Told) -> None:
    card, page, rows, kept = told
    assert card.personal is not None
    assert card.personal["left"] == {"input: phone": 6, "target.phone": 6}
    said, look = section(page, "sources"), section(page, "look")
    assert "left: target.phonelooks personal in 6 cases" in said
    assert "left: input: phonelooks personal in 6 cases" in said
    assert "Not replaced, but looks personal: target.phone." in look
    assert "Left in inputs, but looks personal: phone." in look
    there = [case for case in kept if re.search(r"\+1 202 555 01\d\d", case.input)]
    assert len(there) == 6
    assert all(case.target == rows[case.id]["target"] for case in there)


@pytest.mark.slow
def test_what_was_exempted_is_counted_and_stands_where_it_is_said_to(told: Told) -> None:
    card, page, _, kept = told
    assert card.personal is not None
    if mode_of(card) == "keep":
        assert (card.personal["exempted"], card.personal["short"]) == (0, 0)
        return
    assert (card.personal["exempted"], card.personal["short"]) == (2, 3)  # will, price
    said = section(page, "sources")
    assert "common words that are names too2 stay outside of their group" in said
    assert "short values, towns and years3 stay outside of their group" in said
    other = next(case for case in kept if case.id == "s-0060")
    assert other.input.endswith("a fair price that will last")
