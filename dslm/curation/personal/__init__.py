"""Personal data in curation: found, replaced or dropped by the contract, and proved to be gone.

In go cases and the contract's personal settings, out come the same cases without personal values.
Called by the pipeline and `case_rows`; `dslm check`, `dslm init`, erasure, the report and releases.
"""

from dslm.curation.personal.detectors.all_detectors import Detectors, refuse_missing
from dslm.curation.personal.detectors.declared_fields import texts_at
from dslm.curation.personal.detectors.undeclared_fields import UndeclaredFields
from dslm.curation.personal.found_in_case import CaseFindings, together
from dslm.curation.personal.gold_with_surrogates import (
    GoldWithSurrogates,
    How,
    gold_with_surrogates,
    in_words,
)
from dslm.curation.personal.json_texts import words_but
from dslm.curation.personal.known_values.known_values import KnownValues
from dslm.curation.personal.personal_pipeline import (
    LISTED,
    UNLISTED,
    PersonalPipeline,
    personal_pipeline,
)
from dslm.curation.personal.proof.written_files import Lines
from dslm.curation.personal.replacement.original_case import OriginalCase
from dslm.curation.personal.replacement.replace_in_case import Replaced, Replacer
from dslm.curation.personal.surrogates.surrogate_key import fingerprint, key_of

__all__ = [
    "LISTED",
    "UNLISTED",
    "CaseFindings",
    "Detectors",
    "GoldWithSurrogates",
    "How",
    "KnownValues",
    "Lines",
    "OriginalCase",
    "PersonalPipeline",
    "Replaced",
    "Replacer",
    "UndeclaredFields",
    "fingerprint",
    "gold_with_surrogates",
    "in_words",
    "key_of",
    "personal_pipeline",
    "refuse_missing",
    "texts_at",
    "together",
    "words_but",
]
