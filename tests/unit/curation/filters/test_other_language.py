import importlib.util
import json
import sys
from pathlib import Path

import pytest

from dslm.curation.filters import other_language as block
from dslm.curation.filters.other_language import other_language
from dslm.errors import EnvironmentFault
from dslm.records import Case

ROOT = Path(__file__).parents[4]


def test_without_the_detector_a_contract_with_languages_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "lingua", None)
    block._detector.cache_clear()
    with pytest.raises(EnvironmentFault, match="language detector is not installed"):
        other_language([Case(id="a", input="Guten Tag")], ["de"])
    assert other_language([Case(id="a", input="Guten Tag")], []) == []


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("lingua") is None, reason="lingua is not installed: dslm[language]"
)
def test_foreign_letters_go_and_short_scans_of_allowed_languages_stay():
    source = ROOT / "data" / "invoice_intake" / "sources" / "cases.jsonl"
    rows = [json.loads(line) for line in source.read_text().splitlines()[:200]]
    ours = [Case(id=row["id"], input=row["input"]) for row in rows]
    foreign = {
        "es": "Estimados señores, les enviamos la factura de este mes y esperamos su pago pronto.",
        "pl": "Dzień dobry, w załączeniu przesyłamy fakturę za usługi wykonane w tym miesiącu.",
        "it": "Gentile cliente, in allegato trova la fattura per i lavori svolti questo mese.",
    }
    others = [Case(id=code, input=text) for code, text in foreign.items()]
    drops = other_language([*ours, *others], ["de", "en", "fr"])
    assert [(drop.id, drop.reason) for drop in drops] == [(c, f"language:{c}") for c in foreign]
