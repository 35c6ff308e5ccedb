"""The ordered list of filters: each drops cases for one fault, with a reason.

In goes the case table, out come drops with reasons. Called by the pipeline; per-row filters also
by the source table.
"""

from dslm.curation.filters.duplicates.exact_duplicates import exact_duplicates
from dslm.curation.filters.filter_order import FilteredCases, filtered_cases, filters_of
from dslm.curation.filters.row_filters import Block, apply_filters
from dslm.curation.filters.rule_breaks import rule_breaks, rule_fault
from dslm.curation.filters.too_long import Limit

__all__ = [
    "Block",
    "FilteredCases",
    "Limit",
    "apply_filters",
    "exact_duplicates",
    "filtered_cases",
    "filters_of",
    "rule_breaks",
    "rule_fault",
]
