"""Property tests judge what code does, not how long it took: a busy machine fails none.

By hand they draw anew each time; where `CI` is set they draw the same, so that a change is judged
by what it changes.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "untimed",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("untimed")
