import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.curation.splits import SPLITS, position, refuse_empty_split, split_of
from dslm.errors import InputError
from dslm.records import Case

names = st.text(min_size=1, max_size=12).filter(lambda name: name.strip())


def of_groups(groups, prefix="c"):
    return [
        Case(id=f"{prefix}{n:03d}", input=f"text {n}", target={}, meta={"sender": group})
        for n, group in enumerate(groups)
    ]


@given(key=st.text(), salt=st.text(max_size=5))
def test_a_place_is_at_least_zero_and_below_one(key, salt):
    assert 0.0 <= position(salt, key) < 1.0


@pytest.mark.slow
@given(old=st.lists(names, min_size=1, max_size=30), new=st.lists(names, max_size=30))
def test_adding_cases_never_moves_an_old_one(contract, old, new):
    def splits(cases):
        return {c.id: split_of(contract, c) for c in cases}

    before = splits(of_groups(old, "o"))
    after = splits([*of_groups(new, "n"), *of_groups(old, "o")])
    assert before.items() <= after.items()


@given(groups=st.lists(names, min_size=1, max_size=20))
def test_a_group_never_crosses_splits(contract, groups):
    cases = of_groups(groups * 2)
    spelled = of_groups([f" {group.upper()} " for group in groups], "u")
    seen: dict[str, set[str]] = {}
    for case in cases:
        seen.setdefault(case.meta["sender"], set()).add(split_of(contract, case))
    assert all(len(splits) == 1 for splits in seen.values())
    for plain, shouted in zip(of_groups([g.upper() for g in groups]), spelled, strict=True):
        assert split_of(contract, plain) == split_of(contract, shouted)


def test_shares_are_kept_over_many_groups(contract):
    cases = of_groups([f"sender {n}" for n in range(5000)])
    splits = [split_of(contract, case) for case in cases]
    shares = {name: splits.count(name) / len(cases) for name in SPLITS}
    assert shares == pytest.approx({"train": 0.6, "validation": 0.2, "calibration": 0.2}, abs=0.02)


def test_another_workflow_draws_other_groups(contract, build_contract):
    other = build_contract().model_copy(update={"name": "letters"})
    cases = of_groups([f"sender {n}" for n in range(200)])
    assert any(split_of(contract, c) != split_of(other, c) for c in cases)


def test_without_groups_equal_texts_stay_together(build_contract):
    contract = build_contract(group_by=None)
    for n in range(50):
        one = Case(id=f"a{n}", input=f"Text {n}, wet!")
        other = Case(id=f"b{n}", input=f"text {n}  WET")
        assert split_of(contract, one) == split_of(contract, other)


def test_an_empty_split_is_an_error_with_advice():
    with pytest.raises(InputError, match=r"no case fell into .*: 9 cases in 1 groups.*add cases"):
        refuse_empty_split({"train": 9, "validation": 0, "calibration": 0}, 1)
