"""Labels that say that there is no value: "unknown", "n/a", "not given". They are nobody's.

A model has to learn them as they are. Called by `declared_fields`.
"""

from __future__ import annotations

from functools import lru_cache

from dslm.curation.personal.variants.letters_and_digits import folded_words

_SAID = (
    "unknown, none, n/a, not given, not provided, not available, not applicable, not specified, "
    "not stated, not known, not found, not mentioned, no data, no value, missing, tbd, pending, "
    "same, same as above, same as before, as above, see above, yes, no, redacted, withheld, "
    "unbekannt, keine, keine angabe, keine angaben, nicht angegeben, nicht bekannt, nicht "
    "vorhanden, siehe oben, ja, nein, k.a., inconnu, inconnue, aucun, aucune, non renseigné, non "
    "communiqué, oui, non, desconocido, desconocida, ninguno, ninguna, no disponible, no consta, "
    "sconosciuto, nessuno, non disponibile, onbekend, geen, niet bekend, desconhecido, nenhum, "
    "não informado, nieznany, brak, неизвестно, нет, yok, bilinmiyor, 未知, 无, 不明, なし, 없음, "
    "غير معروف, لا يوجد"
)
_NO_VALUES = frozenset(" ".join(folded_words(said)) for said in _SAID.split(", "))
LONGEST = max(map(len, _NO_VALUES)) + 8  # with what parts them


@lru_cache(maxsize=1 << 12)
def is_no_value(text: str) -> bool:
    """Whether a field's text says no more than that it has no value."""
    return len(text) <= LONGEST and " ".join(folded_words(text)) in _NO_VALUES
