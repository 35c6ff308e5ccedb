"""Looks through curated cases for labels that a person should see; drops and changes nothing.

Searches: phrases tied to one label (`tied_phrases`), values that do not stand in the input
(`ranking` by the contract's `grounded`, `free_values` by what is usual), labels that a model doubts
(`doubted_labels`) and values of a rare shape (`free_values`).
`dslm.curation.review` writes what they find into the review file.
"""

from dslm.curation.suspects.ranking import suspects_of
from dslm.curation.suspects.suspect import Suspect

__all__ = ["Suspect", "suspects_of"]
