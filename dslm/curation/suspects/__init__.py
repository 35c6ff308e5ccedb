"""Looks through curated cases for labels that a person should see; drops and changes nothing.

Three searches: phrases tied to one label (`tied_phrases`), values that do not stand in the input
(`ranking`, by the contract's `grounded`) and labels that a model doubts (`doubted_labels`).
`dslm.curation.review` writes what they find into the review file.
"""

from dslm.curation.suspects.ranking import suspects_of
from dslm.curation.suspects.suspect import Suspect

__all__ = ["Suspect", "suspects_of"]
