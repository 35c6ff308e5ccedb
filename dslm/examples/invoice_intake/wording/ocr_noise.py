"""What a bad scanner does to words: look-alike letters, lost accents, broken blanks and lines.

Takes a page with no-break blanks inside values, gives the noisy page. Tokens with a digit
(numbers, dates, amounts) and mail addresses stay whole, since those fields must be grounded;
a supplier's name changes case or blanks only, since its label is what is printed. Called by
`example_cases`.
"""

from __future__ import annotations

import random
import re

from dslm.examples.invoice_intake.wording.money_and_date_formats import KEEP

LOOK_ALIKES = (
    ("rn", "m"), ("m", "rn"), ("l", "1"), ("i", "l"), ("o", "0"), ("e", "c"), ("a", "o"),
    ("B", "8"), ("S", "5"), ("u", "v"), ("t", "f"), ("g", "q"), ("I", "l"), ("h", "b"),
)  # fmt: skip
LOST_ACCENTS = str.maketrans("äöüÄÖÜéèêàçôîÉÀ°", "aouAOUeeeacoiEA'") | {ord("ß"): "B"}


def add_noise(rng: random.Random, text: str, name: str, strength: float) -> str:
    """Spoil each word with probability `strength`, blanks with a third of it."""
    whole_name = name.replace(" ", KEEP)
    spoiled = []
    for token in re.split(r"([ \n]+)", text):
        if not token.strip(" \n"):
            spoiled.append(_spoil_blank(rng, token, strength / 3))
        elif whole_name in token:
            spoiled.append(token.replace(whole_name, _spoil_name(rng, whole_name, strength)))
        elif rng.random() < strength and not re.search(r"[\d@]", token):
            spoiled.append(_spoil_word(rng, token))
        else:
            spoiled.append(token)
    return "".join(spoiled)


def _spoil_word(rng: random.Random, word: str) -> str:
    action = rng.random()
    if action < 0.55:
        return _swap(rng, word, LOOK_ALIKES)
    if action < 0.75 and len(word) > 4:
        cut = rng.randrange(2, len(word) - 1)
        return f"{word[:cut]} {word[cut:]}"
    if action < 0.9 and word.translate(LOST_ACCENTS) != word:
        return word.translate(LOST_ACCENTS)
    if len(word) > 5:
        gone = rng.randrange(1, len(word) - 1)
        return word[:gone] + word[gone + 1 :]
    return word.upper()


def _spoil_name(rng: random.Random, name: str, strength: float) -> str:
    action = rng.random()
    if action < strength * 0.5:
        return name.upper()
    if action < strength and KEEP in name:
        return name.replace(KEEP, KEEP + KEEP)
    return name


def _spoil_blank(rng: random.Random, blank: str, strength: float) -> str:
    if not blank or rng.random() >= strength:
        return blank
    return rng.choice(("\n", "   ")) if "\n" not in blank else rng.choice((" ", "\n\n"))


def _swap(rng: random.Random, word: str, pairs: tuple[tuple[str, str], ...]) -> str:
    fitting = [pair for pair in pairs if pair[0] in word]
    if not fitting:
        return word
    old, new = rng.choice(fitting)
    spots = [match.start() for match in re.finditer(re.escape(old), word)]
    spot = rng.choice(spots)
    return word[:spot] + new + word[spot + len(old) :]
