"""One labelled example from one supplier and one difficulty tag; here the labels are made.

Takes a supplier, a tag and a random source, gives an `Example`. Called by `write_files`, which
decides how many of each tag there are. A page outside the length bounds is drawn again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from dslm.examples.invoice_intake.bill_facts import (
    EMPTY_TARGET,
    Facts,
    Target,
    draw_facts,
    target_of,
)
from dslm.examples.invoice_intake.suppliers import Supplier
from dslm.examples.invoice_intake.wording import asides, other_messages, page_layout, phrases
from dslm.examples.invoice_intake.wording.decoys import draw_decoys, make_decoy
from dslm.examples.invoice_intake.wording.money_and_date_formats import KEEP, money_text
from dslm.examples.invoice_intake.wording.ocr_noise import add_noise
from dslm.examples.invoice_intake.wording.prose import paragraph
from dslm.examples.invoice_intake.wording.rough_lengths import rough_tokens

SHORTEST, LONGEST = 46, 84  # rough tokens of an input, see `rough_lengths`
LONGEST_ANSWER = 35  # the same for all values of a target together, keys not counted
MISSING = ("number", "date", "total")
NET_RATE_TOTAL = (
    frozenset({"net", "rate", "total"}),
    frozenset({"net", "rate", "tax", "total"}),
)


@dataclass(frozen=True)
class Example:
    """A case before it has an id; `decoy` is a wrong number that its page prints."""

    text: str
    target: Target
    supplier: Supplier
    channel: str
    difficulty: str
    received_at: str
    breaks: tuple[str, ...] = ()
    decoy: str | None = None


@dataclass(frozen=True)
class Recipe:
    """What a tag asks of a case: its facts, extra lines, an injection or other line beside it."""

    facts: Facts
    extras: tuple[page_layout.Line, ...] = ()
    injection: str = ""
    breaks: tuple[str, ...] = ()
    aside: str = ""  # a line before or after the page


def make_example(supplier: Supplier, tag: str, channel: str, name: str) -> Example:
    """Make one example; `name` seeds the draw, so cases do not depend on one another.

    Raises:
        RuntimeError: No page of a fitting length came up in 1000 draws.
    """
    for attempt in range(1000):
        rng = random.Random(f"{name}:{attempt}")
        beside = None if supplier.unseen else random.Random(f"{name}:{attempt}:beside")
        example = _draw(rng, beside, supplier, tag, channel)
        answer = sum(rough_tokens(value or "-") for value in example.target.values())
        fits = answer <= LONGEST_ANSWER
        longest = LONGEST + attempt // 40  # wordy layouts need a little more room
        if fits and SHORTEST <= rough_tokens(example.text) <= longest:
            return example
    raise RuntimeError(f"{supplier.id}, {tag}, {channel}: no page of a fitting length")


def _draw(
    rng: random.Random, beside: random.Random | None, supplier: Supplier, tag: str, channel: str
) -> Example:
    if tag == "not_invoice":
        return _draw_other(rng, beside, supplier, channel)
    recipe = RECIPES[tag](rng, supplier)
    if beside:
        recipe = _varied(beside, supplier, tag, recipe)
    text = _write(rng, supplier, recipe, channel)
    decoys = [line.value for line in recipe.extras if line.role in ("order", "customer", "quote")]
    return Example(
        text=_scanned(rng, text, supplier, tag, channel),
        target=target_of(recipe.facts, supplier),
        supplier=supplier,
        channel=channel,
        difficulty=tag,
        received_at=_received(rng, recipe.facts),
        breaks=recipe.breaks,
        decoy=decoys[0] if decoys else None,
    )


def _varied(rng: random.Random, supplier: Supplier, tag: str, recipe: Recipe) -> Recipe:
    """Add what only sources and the handwritten gold have, see `asides`."""
    facts = recipe.facts
    if tag in ("distractors", "injection") and rng.random() < 0.4:
        return replace(recipe, aside=asides.older_bill(rng, supplier, facts))
    if tag == "credit_note" and facts.credited and rng.random() < 0.3:
        heading = asides.answered(rng, supplier, facts)
        return replace(recipe, aside=heading, facts=replace(facts, credited=None))
    if tag == "missing_field" and rng.random() < 0.3:
        missing = next(field for field in MISSING if field not in facts.shown)
        return replace(recipe, extras=(asides.announced(rng, supplier, missing),))
    return recipe


def _draw_other(
    rng: random.Random, beside: random.Random | None, supplier: Supplier, channel: str
) -> Example:
    facts = draw_facts(rng, supplier, kind="other")
    if beside and beside.random() < 0.35:
        text = page_layout.signed(asides.no_bill(beside, supplier, facts), supplier)
    elif channel == "mail" and rng.random() < 0.75:
        text = other_messages.message(rng, supplier, facts)
    else:
        text = other_messages.paper(rng, supplier, facts, channel)
    return Example(
        text=_scanned(rng, text, supplier, "not_invoice", channel),
        target={"kind": "other", **EMPTY_TARGET},
        supplier=supplier,
        channel=channel,
        difficulty="not_invoice",
        received_at=_received(rng, facts),
    )


def _write(rng: random.Random, supplier: Supplier, recipe: Recipe, channel: str) -> str:
    facts, extras = recipe.facts, recipe.extras
    if channel == "ocr":
        text = page_layout.scan_page(rng, supplier, facts, extras)
    elif supplier.mail_style == "prose":
        body = paragraph(rng, supplier, facts, extras)
        text = page_layout.mail_page(rng, supplier, facts, (), body)
    else:
        text = page_layout.mail_page(rng, supplier, facts, extras)
    if recipe.aside:
        heads = facts.kind == "credit_note" or rng.random() < 0.5  # it answers an older mail
        text = f"{recipe.aside}\n{text}" if heads else f"{text}\n{recipe.aside}"
    if not recipe.injection:
        return text
    return f"{text}\n{recipe.injection}" if rng.random() < 0.6 else f"{recipe.injection}\n{text}"


def _scanned(rng: random.Random, text: str, supplier: Supplier, tag: str, channel: str) -> str:
    if tag == "ocr_noise":
        text = add_noise(rng, text, supplier.name, strength=0.15)
    elif channel == "ocr" and tag != "clean":
        text = add_noise(rng, text, supplier.name, strength=0.05)
    return text.replace(KEEP, " ").strip()


def _received(rng: random.Random, facts: Facts) -> str:
    return (facts.day + timedelta(days=rng.randrange(6))).isoformat()


def _plain(rng: random.Random, supplier: Supplier) -> Recipe:
    return Recipe(draw_facts(rng, supplier))


def _distractors(rng: random.Random, supplier: Supplier) -> Recipe:
    facts = draw_facts(rng, supplier)
    return Recipe(facts, draw_decoys(rng, supplier, facts, rng.choice((1, 1, 2))))


def _noisy(rng: random.Random, supplier: Supplier) -> Recipe:
    facts = draw_facts(rng, supplier)
    return Recipe(facts, draw_decoys(rng, supplier, facts, rng.choice((0, 0, 1))))


def _bad_total(rng: random.Random, supplier: Supplier) -> Recipe:
    facts = draw_facts(rng, supplier, shown=rng.choice(NET_RATE_TOTAL))
    wrong = facts.total
    while abs(wrong - facts.total) < 5 or wrong < 100:
        wrong = rng.choice(_slips(facts.total, facts.net, rng))
    extras = draw_decoys(rng, supplier, facts, rng.choice((0, 0, 1)))
    return Recipe(replace(facts, total=wrong), extras, breaks=("adds_up",))


def _slips(total: int, net: int, rng: random.Random) -> tuple[int, ...]:
    digits = list(str(total))
    spot = rng.randrange(len(digits) - 1)
    digits[spot], digits[spot + 1] = digits[spot + 1], digits[spot]
    swapped = int("".join(digits)) if digits[0] != "0" else total
    return (swapped, swapped, total + 1000, total - 100, total + 90, net)


def _missing_field(rng: random.Random, supplier: Supplier) -> Recipe:
    facts = draw_facts(rng, supplier)
    missing = rng.choice(MISSING)
    tempted = rng.random() < 0.4
    gone = {missing} if tempted or missing != "total" else {"net", "tax", "total"}
    facts = replace(facts, shown=facts.shown - gone)
    tempting, harmless = {
        "number": (("order", "customer", "quote"), ("due", "delivery", "discount")),
        "date": (("due", "delivery", "ordered"), ("order", "customer", "discount")),
        "total": (("earlier", "instalment"), ("order", "due", "delivery")),
    }[missing]
    kind = rng.choice(tempting if tempted else harmless)
    return Recipe(facts, (make_decoy(rng, supplier, facts, kind),), breaks=("complete",))


def _credit_note(rng: random.Random, supplier: Supplier) -> Recipe:
    facts = draw_facts(rng, supplier, kind="credit_note")
    if facts.credited == facts.number or rng.random() < 0.25:
        facts = replace(facts, credited=None)
    facts = replace(facts, minus=rng.random() < 0.3)
    extras = draw_decoys(rng, supplier, facts, rng.choice((0, 0, 1)))
    return Recipe(facts, tuple(line for line in extras if line.role != "instalment"))


def _injection(rng: random.Random, supplier: Supplier) -> Recipe:
    facts = draw_facts(rng, supplier)
    known = phrases.offered(phrases.INJECTIONS[supplier.language], unseen=supplier.unseen)
    amount = rng.choice((999900, 100, facts.total * 10, 500000))
    injection = rng.choice(known).format(
        amount=money_text(amount, replace(supplier.money, thousands="")),
        number=f"X-{rng.randrange(10, 99)}",
        name="Fake Corp",
    )
    extras = draw_decoys(rng, supplier, facts, rng.choice((0, 0, 1)))
    return Recipe(facts, extras, injection=injection.replace(" ", KEEP))


RECIPES: dict[str, Callable[[random.Random, Supplier], Recipe]] = {
    "clean": _plain,
    "ocr_noise": _noisy,
    "distractors": _distractors,
    "bad_total": _bad_total,
    "missing_field": _missing_field,
    "credit_note": _credit_note,
    "injection": _injection,
}
