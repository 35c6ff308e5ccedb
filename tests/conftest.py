"""Less searching for garbage: it was a tenth of what tests took, a quarter of a small training.

Modules and test cases live to the end, and hardly anything that tests leave is garbage in cycles.
"""

import gc


def pytest_collection_finish() -> None:
    """Take what the collection left out of every later search, and search less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
