"""Looks through curated cases for labels that a person should see; drops and changes nothing.

Searches: phrases tied to one label (`tied_phrases`), values that do not stand in the input
(`suspect_ranking` by the contract's `grounded`, `odd_free_values` by what is usual), labels that a
model doubts (`confident_learning`) and values of a rare shape (`odd_free_values`).
`dslm.curation.labels.review_list` writes what they find into the review file.
"""

from dslm.curation.labels.suspects.suspect import Suspect
from dslm.curation.labels.suspects.suspect_ranking import suspects_of

__all__ = ["Suspect", "suspects_of"]
