"""Finds names of persons in running text with Presidio, where it is installed and asked for.

An optional extra: it needs `presidio-analyzer` and a spaCy model of the language. Called by
`all_detectors`; its cost is some milliseconds a text, a hundred times that of all other finders.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dslm.curation.personal.found_values import FoundValue, Identity
from dslm.curation.personal.variants.name_variants import words_of
from dslm.errors import EnvironmentFault

_LEAST_SURE = 0.5


def analyzer(language: str) -> Any:
    """Presidio's analyzer for a language.

    Raises:
        EnvironmentFault: Presidio, spaCy or a model of the language is not installed.
    """
    try:
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import NlpEngineProvider
        from spacy.util import get_installed_models
    except ImportError:
        raise EnvironmentFault(
            "data.personal.presidio is set, and Presidio is not installed",
            fix="pip install 'dslm[presidio]', or take the key out",
        ) from None
    models = sorted(name for name in get_installed_models() if name.startswith(f"{language}_"))
    if not models:
        raise EnvironmentFault(
            f"data.personal.presidio is {language!r}, and spaCy has no model of that language",
            fix=f"install one, e.g. `python -m spacy download {language}_core_news_sm`",
        )
    settings = {
        "nlp_engine_name": "spacy",
        "models": [{"lang_code": language, "model_name": models[-1]}],
    }
    engine = NlpEngineProvider(nlp_configuration=settings).create_engine()
    return AnalyzerEngine(nlp_engine=engine, supported_languages=[language])


def persons(text: str, analyzer: Any, language: str) -> Iterator[FoundValue]:
    """Every name of a person that Presidio is at least half sure of."""
    found = analyzer.analyze(
        text=text, language=language, entities=["PERSON"], score_threshold=_LEAST_SURE
    )
    for one in found:
        spelled = text[one.start : one.end]
        if words := words_of(spelled):
            value = Identity("name", "", " ".join(words))
            yield FoundValue("name", one.start, one.end, spelled, value, certain=False)
