"""What a gold set of its size can show, and whether that is enough for the gate policy.

Takes contract, gold cases and policy; gives `Reach`, the small-data report of the data card. Called
by `pipelines.curate`, `dslm check` and `dslm gate explain`. All by the gate's own statistics: what
is promised here is what it will find at the first look at this gold set, which may spend
`FIRST_LOOK` of the policy's alpha; an alarm, and a FAIL, need no more than alpha.
It is assumed that two models that are equally good differ on `DISCORDANCE` of the cases, half of
them each way; a better one wins further cases. Groups count as the gate counts them; that no two
differing cases are of one group is the best that may be hoped for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from dslm.contract.cases.case_groups import chance_unit
from dslm.contract.cases.slices import slices_of
from dslm.contract.model.contract_model import Contract
from dslm.data_card import CheckReach, Reach, ReachOf
from dslm.gating.checks.check_result import amount, named
from dslm.gating.power.paired_test_power import STEPS, chance_to_show, least_cases, least_difference
from dslm.gating.power.slice_alarm_sensitivity import alarm_reach
from dslm.looks.alpha_spending import next_share
from dslm.records import Case
from dslm.scoring.intervals import LEVEL, clopper_pearson
from dslm.scoring.metrics import METRICS
from dslm.settings.gate_policy import (
    Bound,
    Gain,
    GatePolicy,
    NonInferior,
    SliceAlarm,
    ZeroTolerance,
)
from dslm.statistics import power_and_sample_size
from dslm.statistics.group_bounds import bounds_of
from dslm.statistics.power_and_sample_size import POWER, Needed, hidden_share

DISCORDANCE = 0.05  # two good models of one workflow differ on about every twentieth case
FIRST_LOOK = next_share(0.0)  # of alpha
RIGHT = 0.85  # share of right answers that half-widths are told for
MOST_SLICES = 200
MONEY = "depends on how much the costs of cases vary: known once there are scores"


def _margin_chance(cases: int, margin: float, alpha: float) -> float:
    half = DISCORDANCE / 2
    return chance_to_show(cases, half, half, -margin, alpha)


def smallest_margin(cases: int, alpha: float) -> float:
    """The smallest non-inferiority margin that an equal model passes with the power; 1 for none."""
    found = least_difference(lambda m: _margin_chance(cases, m, alpha), POWER, 1 - 1 / STEPS)
    return 1.0 if found is None else found


def cases_for(margin: float, alpha: float) -> int | None:
    """About how many cases an equal model needs to pass a margin with the power."""
    return least_cases(lambda cases: _margin_chance(cases, margin, alpha), POWER)


def smallest_gain(cases: int, alpha: float, asked: float = 0.0) -> float | None:
    """The smallest true gain with which "better by `asked`" is shown with the power."""
    half = DISCORDANCE / 2

    def chance(gain: float) -> float:
        return chance_to_show(cases, half + gain, half, asked, alpha)

    return least_difference(chance, POWER, 1 - DISCORDANCE)


def needed_words(cases: int | None, groups: int | None) -> str:
    """How many cases a check needs, in words; of groups where cases come in groups."""
    if cases is None:
        return "more cases than can be estimated"
    return f"about {cases:,} cases" + (
        f" in {groups:,} groups" if groups not in (None, cases) else ""
    )


def group_sizes(contract: Contract, gold: Sequence[Case]) -> tuple[int, ...]:
    """Cases of each group of gold; one without a group stands for itself."""
    key = contract.data.group_by
    named = Counter(chance_unit(key, case) for case in gold)
    return tuple(sorted(named.values()))


def margin_of(sizes: Sequence[int], alpha: float) -> float:
    """The smallest margin that an equal model passes with the power; 1 for none.

    Args:
        sizes: Cases of each group.
        alpha: One-sided error.
    """
    if max(sizes) == 1:
        return smallest_margin(len(sizes), alpha)
    return power_and_sample_size.smallest_margin(sizes, DISCORDANCE, alpha)


def needed_for(sizes: Sequence[int], margin: float, alpha: float) -> Needed | None:
    """About how many groups like these, and cases, an equal model needs to pass a margin."""
    if max(sizes) > 1:
        return power_and_sample_size.needed_for_margin(sizes, margin, DISCORDANCE, alpha)
    cases = cases_for(margin, alpha)
    return None if cases is None else Needed(cases, cases)


def _gain_of(sizes: Sequence[int], alpha: float, asked: float = 0.0) -> float | None:
    if max(sizes) == 1:
        return smallest_gain(len(sizes), alpha, asked)
    return power_and_sample_size.smallest_gain(sizes, DISCORDANCE, alpha, asked)


def _share_bounds(sizes: Sequence[int], share: float, tail: float) -> tuple[float, float]:
    """The gate's bounds of a measured share; of groups, as if cases were independent."""
    if max(sizes) == 1:
        return clopper_pearson(share, len(sizes), 1 - 2 * tail)
    return bounds_of(power_and_sample_size.spread(sizes, share), 0.0, 1.0, tail)


def _reach_of(name: str, sizes: Sequence[int], alpha: float) -> ReachOf:
    low, high = _share_bounds(sizes, RIGHT, (1 - LEVEL) / 2)
    return ReachOf(
        name=name, cases=sum(sizes), margin=margin_of(sizes, alpha),
        gain=_gain_of(sizes, alpha), half_width=round((high - low) / 2, 4), groups=len(sizes),
    )  # fmt: skip


def gold_reach(contract: Contract, gold: Sequence[Case], policy: GatePolicy) -> Reach:
    """What a gold set can show at its first look: all of it, slice by slice, check by check."""
    sizes, level = _slice_sizes(contract, gold), policy.alpha * FIRST_LOOK
    return Reach(
        alpha=policy.alpha,
        look_share=FIRST_LOOK,
        power=POWER,
        discordance=DISCORDANCE,
        right=RIGHT,
        gold=_reach_of("gold", group_sizes(contract, gold), level),
        slices=tuple(_reach_of(n, c, level) for n, c in list(sizes.items())[:MOST_SLICES]),
        unlisted_slices=max(0, len(sizes) - MOST_SLICES),
        checks=checks_reach(contract, gold, policy),
    )


def checks_reach(
    contract: Contract, gold: Sequence[Case], policy: GatePolicy, share: float = FIRST_LOOK
) -> tuple[CheckReach, ...]:
    """What a gold set can do for each check of a policy.

    Args:
        contract: With the groups, the slices and the currency.
        gold: The gold set.
        policy: With the checks.
        share: Of alpha, what the look at gold may spend.
    """
    whole = group_sizes(contract, gold)
    slices = list(_slice_sizes(contract, gold).values())
    return tuple(
        alarm_reach(check, slices, policy.alpha)
        if isinstance(check, SliceAlarm)
        else _check(check, whole, policy.alpha * share, contract.costs.currency)
        for check in policy.checks
    )


def _slice_sizes(contract: Contract, gold: Sequence[Case]) -> dict[str, tuple[int, ...]]:
    """Cases of each group of each slice, the largest slices first."""
    parted: dict[str, dict[str, list[Case]]] = {name: {} for name in contract.slices}
    for case in gold:
        for name, value in slices_of(contract, case).items():
            parted[name].setdefault(value, []).append(case)
    return {
        f"{name}={value}": group_sizes(contract, cases)
        for name, parts in parted.items()
        for value, cases in sorted(parts.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    }


def _check(
    check: ZeroTolerance | Bound | Gain | NonInferior,
    sizes: Sequence[int],
    alpha: float,
    currency: str,
) -> CheckReach:
    if isinstance(check, ZeroTolerance):
        asked = f"no case fails {check.metric}"
        can = f"cannot rule out a failure rate of up to {hidden_share(sizes):.1%} (rule of three)"
        return CheckReach(id=check.id, asked=asked, can=can, needed=None, enough=True)
    unit = currency if METRICS[check.metric].unit == "money" else None
    if isinstance(check, Bound):
        return _bound(check, sizes, alpha, unit)
    return _pair(check, sizes, alpha, unit)


def _pair(
    check: Gain | NonInferior, sizes: Sequence[int], alpha: float, unit: str | None
) -> CheckReach:
    gains = isinstance(check, Gain)
    number = check.at_least if isinstance(check, Gain) else check.margin
    other = check.over if isinstance(check, Gain) else check.to
    relation = "better than" if gains else "worse than"
    limit = "at least" if gains else "less than"
    asked = f"{check.metric} {relation} {named(other)} by {limit} {amount(number, unit)}"
    if unit is not None:
        can = MONEY
        return CheckReach(id=check.id, asked=asked, can=can, needed=None, enough=None)
    if gains:
        gain = _gain_of(sizes, alpha, number)
        can = (
            "cannot show a gain of any size"
            if gain is None
            else f"can show a true gain of {gain:.3f} or more"
        )
        return CheckReach(id=check.id, asked=asked, can=can, needed=None, enough=gain is not None)
    margin = margin_of(sizes, alpha)
    can = f"can decide a margin of {margin:.3f} or more"
    needed = None if margin <= number else needed_for(sizes, number, alpha)
    return CheckReach(
        id=check.id, asked=asked, can=can, needed=needed.cases if needed else None,
        enough=margin <= number, needed_groups=needed.groups if needed else None,
    )  # fmt: skip


def _bound(check: Bound, sizes: Sequence[int], alpha: float, unit: str | None) -> CheckReach:
    least = check.at_least is not None
    limit = check.at_least if check.at_least is not None else check.at_most
    if limit is None:
        raise ValueError("a bound without a number")  # the policy's model refuses it
    side = "at least" if least else "at most"
    asked = f"{check.metric} {side} {amount(limit, unit)}, on the {check.on}"
    if check.on == "value":
        can = "uses the measured value alone, without its interval"
        return CheckReach(id=check.id, asked=asked, can=can, needed=None, enough=True)
    if unit is not None:
        can = MONEY
        return CheckReach(id=check.id, asked=asked, can=can, needed=None, enough=None)
    cases = sum(sizes)

    def fails(misses: int) -> bool:  # so many cases from the perfect score
        share = misses / cases
        low, high = _share_bounds(sizes, 1 - share if least else share, alpha)
        return low < limit if least else high > limit

    clear = bisect_left(range(cases + 1), True, key=fails)
    if not clear:
        can = "cannot meet the bound even with a perfect score"
    else:
        share = (clear - 1) / cases
        can = f"meets the bound if the measured value is {side} {1 - share if least else share:.3f}"
        can += ", if every case proceeds" if check.metric == "selective_risk" else ""
    return CheckReach(id=check.id, asked=asked, can=can, needed=None, enough=bool(clear))
