"""What a message is about: the exact values of one bill and which of them it prints.

Takes a random source and a supplier, gives frozen facts and the target object that a perfect
reader would answer. Called by `example_cases`; `page_layout` prints the facts.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from dslm.examples.invoice_intake.suppliers import Supplier
from dslm.examples.invoice_intake.wording.money_and_date_formats import money_target

RATES: dict[str, tuple[str, ...]] = {
    "de": ("19", "19", "19", "7"),
    "en": ("20", "20", "20", "10", "19"),
    "fr": ("20", "20", "10", "5.5"),
}
SHOWN = (  # which amounts are printed, with weights
    (frozenset({"total"}), 32),
    (frozenset({"net", "rate", "total"}), 18),
    (frozenset({"net", "rate", "tax", "total"}), 14),
    (frozenset({"net", "tax", "total"}), 12),
    (frozenset({"rate", "total"}), 14),
    (frozenset({"net", "total"}), 4),
    (frozenset({"exempt", "total"}), 5),
    (frozenset({"zero", "rate", "total"}), 5),
)
# The first day of a bill, and how many days there are: of the sources, of those later, of gold.
SOURCE_DAYS = (date(2024, 9, 1), 240)
ONCE_DAYS = {"later": (date(2025, 6, 1), 84), "recent": (date(2025, 6, 16), 69)}
GOLD_DAYS = (date(2025, 9, 1), 115)

Target = dict[str, str | None]
EMPTY_TARGET: Target = dict.fromkeys(("supplier", "number", "date", "net", "rate", "total"))


@dataclass(frozen=True)
class Facts:
    """One bill; amounts in cents. `shown` names what the message prints."""

    kind: str
    number: str
    day: date
    rate: str
    net: int
    tax: int
    total: int
    shown: frozenset[str]
    credited: str | None = None
    minus: bool = False  # amounts are printed with a minus sign, as on some credit notes

    def printed(self, field: str) -> int:
        """Give the amount of `net`, `tax` or `total` with the sign it is printed with."""
        cents: int = getattr(self, field)
        return -cents if self.minus else cents


def draw_facts(
    rng: random.Random,
    supplier: Supplier,
    kind: str = "invoice",
    shown: frozenset[str] | None = None,
) -> Facts:
    """Draw a bill whose net plus tax is its total to the cent."""
    if shown is None:
        shown = rng.choices([s for s, _ in SHOWN], [w for _, w in SHOWN])[0]
    untaxed = bool(shown & {"exempt", "zero"})
    rate = "0" if untaxed else rng.choice(RATES[supplier.language])
    net = _draw_net(rng, roomy="net" not in shown)
    tax = int((Decimal(net) * Decimal(rate) / 100).quantize(Decimal(1), ROUND_HALF_UP))
    first, days = _days(supplier)
    return Facts(
        kind=kind,
        number=draw_number(rng, supplier.number_pattern),
        day=first + timedelta(days=rng.randrange(days)),
        rate=rate,
        net=net,
        tax=tax,
        total=net + tax,
        shown=shown | {"number", "date"},
        credited=draw_number(rng, supplier.number_pattern) if kind == "credit_note" else None,
    )


def _days(supplier: Supplier) -> tuple[date, int]:
    if supplier.unseen:
        return GOLD_DAYS
    return ONCE_DAYS.get(supplier.once, SOURCE_DAYS)


def draw_number(rng: random.Random, pattern: str) -> str:
    """Fill the `#` of a pattern with digits, the first of a run never 0."""
    filled = ""
    for position, char in enumerate(pattern):
        first = position == 0 or not pattern[position - 1].isalnum() or filled[-1].isalpha()
        filled += str(rng.randrange(1 if first else 0, 10)) if char == "#" else char
    return filled


def target_of(facts: Facts, supplier: Supplier) -> Target:
    """Give what a perfect reader answers: printed values only, nothing computed."""
    shown = facts.shown
    return {
        "kind": facts.kind,
        "supplier": supplier.name,
        "number": facts.number if "number" in shown else None,
        "date": facts.day.isoformat() if "date" in shown else None,
        "net": money_target(facts.net) if "net" in shown else None,
        "rate": facts.rate if "rate" in shown else None,
        "total": money_target(facts.total) if "total" in shown else None,
    }


def _draw_net(rng: random.Random, *, roomy: bool) -> int:
    whole = rng.randrange(1000, 4800) if rng.random() < (0.4 if roomy else 0.1) else 0
    whole = whole or rng.randrange(14, 830)
    return whole * 100 + (0 if rng.random() < 0.35 else rng.randrange(100))
