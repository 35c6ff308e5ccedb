"""Personal data in curation: found, replaced or dropped by the contract, and proved to be gone.

In go cases and the contract's personal settings, out come the same cases without personal values.
Called by the pipeline and the source table; `dslm check`, the report and releases show gold by it.
"""
