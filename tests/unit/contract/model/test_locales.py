from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.repositories.small_repository import make_repository

from dslm.contract import load_contract
from dslm.contract.model.contract_model import Contract
from dslm.contract.model.locales import known_locales, locales_of
from dslm.errors import DslmError


def with_locale(mini: Contract, locale: Any) -> Contract:
    return Contract.model_validate(mini.model_dump(by_alias=True) | {"locale": locale})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("de_DE", "de_DE"),
        ("en-US", "en_US"),
        (["de_DE", "hi_IN"], ["de_DE", "hi_IN"]),
        (None, None),
        (["zh_TW", "sr-RS", "pa_IN"], ["zh_TW", "sr_RS", "pa_IN"]),  # short for zh_Hant_TW, …
    ],
)
def test_a_contract_names_one_locale_or_several(mini: Contract, given: Any, kept: Any) -> None:
    assert with_locale(mini, given).locale == kept


@pytest.mark.parametrize(
    ("locale", "near"),
    [("de_DEE", "de_DE"), ("de_CHE", "de_CH"), ("en_US, de_DE", "no locale"),
     ([], "names no locale"), ("root", "no locale"), ("", "no locale"),
     (["de_DE", "xx_XX"], "xx_XX"), ("no_NO", "nb_NO"), ("DE_de", "de_DE")],
)  # fmt: skip
def test_a_locale_that_is_none_is_refused_with_the_nearest_name(
    mini: Contract, locale: Any, near: str
) -> None:
    with pytest.raises(ValueError, match=near):
        with_locale(mini, locale)


def test_a_faulty_locale_is_named_with_its_line(tmp_path: Path) -> None:
    path = make_repository(tmp_path).contract
    path.write_text(path.read_text().replace("version: 1", "version: 1\nlocale: de_DEE", 1))
    with pytest.raises(DslmError, match="de_DE") as caught:
        load_contract(path)
    assert "workflow.yaml:" in str(caught.value)


def test_a_contract_without_a_locale_keeps_its_digest(mini: Contract) -> None:
    from dslm.provenance import digest_json

    document = mini.model_dump(mode="json", by_alias=True)
    del document["locale"], document["traffic"], document["decision"]["calibrations"]
    assert mini.digest() == digest_json(document)
    assert with_locale(mini, "de_DE").digest() != mini.digest()


def test_every_known_locale_is_one(mini: Contract) -> None:
    names = known_locales()
    assert len(names) > 500
    assert with_locale(mini, names).locale == names
    assert locales_of("en-US") == ("en_US",)
