"""The one place that reads days: in running text, and in values that are nothing but a day.

In: text in any of the world's notations, and the contract's locale, which decides where a form
alone does not. Out: days, and where they stand; what stays undecided has all its readings. Used by
comparing, grounding, narrowing, casting and `dslm init`. docs/contract.md, Dates, has the forms.

`date_reader` looks for numbers near each other and asks `numeric_dates` (04.03.2025),
`worded_dates` (4 March 2025), `marked_dates` (2025年3月4日) and `date_ranges` (3.-4. März 2025);
`date_words` knows the months, `date_customs` the locales, `date_text` folds; `cldr_words` makes
`date_words.json`.
"""

from dslm.contract.dates.date_reader import FoundDate, date_of, date_readings, dates, found_dates

__all__ = ["FoundDate", "date_of", "date_readings", "dates", "found_dates"]
