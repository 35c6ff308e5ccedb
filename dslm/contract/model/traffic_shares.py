"""What comes in, in production: the share of each value of one slice, `traffic` of the contract.

Gold holds more edge cases than traffic does; by these shares scoring tells what gold would have
been, had it been drawn like traffic. Checked here as far as no gold set is needed; `dslm check`
looks for gold cases of each value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from dslm.settings.did_you_mean import nearest

Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Traffic = dict[str, dict[str, Share]]
EXACT_TO = 1e-9  # what shares may miss of 1 in all


def traffic_problems(traffic: Mapping[str, Mapping[str, float]], slices: Sequence[str]
                     ) -> list[str]:  # fmt: skip
    """What is wrong with the shares; none where there are none."""
    found = []
    if len(traffic) > 1:
        found.append(
            f"traffic has shares of one slice, {' and '.join(traffic)} are {len(traffic)}: make "
            "one meta field of them, slice by it and give its shares"
        )
    for name, shares in traffic.items():
        if name not in slices:
            near = nearest(name, list(slices))
            hint = f"; did you mean {near!r}?" if near else ""
            found.append(f"traffic names {name!r}, which is not in slices{hint}")
        total = sum(shares.values())
        if abs(total - 1) > EXACT_TO:
            found.append(f"traffic.{name}: the shares add up to {total:.6g}, not to 1")
    return found
