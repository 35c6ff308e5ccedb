"""Drops cases of labels that would crowd out the others: a cap on each value of a field.

Which ones stay is decided by a hash of their ids, so that adding cases changes little, and the
order of the sources nothing. Only training cases are dropped: calibration keeps the traffic's mix.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from dslm.curation.case_table import CaseTable, number_of
from dslm.curation.ledger import Drop
from dslm.provenance import canonical_json


def over_label_cap(cases: CaseTable, caps: Mapping[str, int]) -> dict[int, Drop]:
    """The training cases over the cap of one of their values, by the field."""
    drops: dict[int, Drop] = {}
    if not caps:
        return drops
    train = [p for p, found in enumerate(cases.among("split", ["train"]).tolist()) if found == 0]
    order = sorted(train, key=lambda place: number_of(f"cap:{cases.id(place)}"))
    targets = {place: cases.target(place) for place in train}
    for field, cap in caps.items():
        kept: defaultdict[bytes, int] = defaultdict(int)
        for place in order:
            if place in drops:
                continue
            value = canonical_json(targets[place][field])
            kept[value] += 1
            if kept[value] > cap:
                drops[place] = Drop(id=cases.id(place), reason=f"over_cap:{field}")
    return drops
