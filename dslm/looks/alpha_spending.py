"""What share of the policy's alpha a look at gold may spend.

Takes what earlier looks have spent; gives the next share. Pure; called by `look_ledger`.

Alpha-spending for a sequence without an end: shares that add up to at most one, so that by the
union bound the chance that any of the looks passes what it should not stays below alpha, however
many there are, whatever they share, and whenever one stops (Foster & Stine 2008, "α-investing",
J. R. Statist. Soc. B 70:429, section 2; Tian & Ramdas 2021, "Online control of the familywise error
rate", Stat. Methods Med. Res. 30:976). The series is ours: one after the other, the k-th look gets
5 / ((5k - 4)(5k + 1)), which is 0.83, 0.076, 0.028, …, and leaves 1 / (5k + 1). A first release
loses little by it: with 0.83 of alpha it needs 7 % more cases than with all. Told by what is left,
the same rule makes the looks of branches that were merged pay for each other from then on.
"""

from __future__ import annotations

BEND = 0.2  # smaller: more for the first look, less for the later ones
LEAST = 1e-9  # where branches side by side have spent all: so little that nothing new is shown
DECIMALS = 12


def next_share(spent: float) -> float:
    """The share of alpha that the next look may spend.

    Args:
        spent: Shares of all looks before it, added up.
    """
    left = 1.0 - spent
    if left <= 0:
        return LEAST
    return max(LEAST, round(left * left / (BEND + left), DECIMALS))


def left_after(spent: float) -> float:
    """What is left of alpha when so much is spent."""
    return max(0.0, round(1.0 - spent, DECIMALS))
