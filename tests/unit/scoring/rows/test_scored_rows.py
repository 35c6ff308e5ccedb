import pytest
from support.repositories.scored_rows import MINI, WRONG, answer, cases, first, rows_of

from dslm.contract.answers.decision import NEVER, decide
from dslm.contract.cases.slices import UNSET
from dslm.errors import InputError
from dslm.evidence import case_digests_of, group_digest
from dslm.gating.evidence.repeated_gold import repeats_in_gold
from dslm.gating.power.detectable_differences import group_sizes
from dslm.scoring.rows.scored_rows import make_row, make_rows, recompute

GOLD = cases(20, groups=4)


def test_a_row_carries_group_and_slices_of_its_case() -> None:
    row = rows_of(GOLD, first(20, 20))[3]
    assert (row.id, row.group, row.slices) == ("g-003", "s3", {"language": "en"})


def test_a_case_without_group_stands_for_itself_and_without_slice_field_is_named_so() -> None:
    case = GOLD[1].model_copy(update={"meta": {}})
    prediction = answer(case.target)
    row = make_row(MINI, case, prediction, decide(MINI, case.input, prediction, 0.5))
    assert (row.group, row.slices) == (case.id, {"language": UNSET})


@pytest.mark.parametrize("spelled", ["S3", " s3\n", "ſ3"])
def test_a_group_in_other_letters_is_one_draw_with_its_like_as_in_curation(spelled: str) -> None:
    case = GOLD[3].model_copy(update={"meta": GOLD[3].meta | {"sender": spelled}})
    assert rows_of([case], [True])[0].group == rows_of(GOLD, first(20, 20))[3].group == "s3"
    assert group_sizes(MINI, [*GOLD[:3], case, *GOLD[4:]]) == (5, 5, 5, 5)
    assert case_digests_of(MINI, [case])[case.id][1] == group_digest("s3")


@pytest.mark.parametrize("bare", ["", " ", None])
def test_a_group_of_blanks_is_none(bare: object) -> None:
    case = GOLD[3].model_copy(update={"meta": {"sender": bare}})
    assert rows_of([case], [True])[0].group == case.id
    assert repeats_in_gold(MINI, [case, case.model_copy(update={"id": "again"})]) == [
        (case.id, "again")
    ]


def test_a_list_names_no_group() -> None:
    case = GOLD[3].model_copy(update={"meta": {"sender": ["s3"]}})
    with pytest.raises(InputError, match=r"meta\.sender is a list"):
        rows_of([case], [True])


def test_the_base_without_calibration_proceeds_on_all_that_its_checks_allow() -> None:
    rows = rows_of(GOLD, first(20, 20), confidence=[0.0] * 20, threshold=0.0)
    assert sum(row.decision.action == "proceed" for row in rows) == 16


def test_nothing_proceeds_where_no_threshold_could_be_certified() -> None:
    rows = rows_of(GOLD, first(20, 20), confidence=[1.0] * 20, threshold=NEVER)
    assert not any(row.decision.action == "proceed" for row in rows)


def test_rows_come_back_the_same_from_their_raw_text() -> None:
    rows = rows_of(GOLD, first(12, 20), confidence=[i / 20 for i in range(20)])
    assert recompute(MINI, GOLD, rows, 0.5) == rows


def test_nothing_of_a_row_but_text_and_confidence_is_trusted() -> None:
    rows = rows_of(GOLD, first(12, 20))
    forged = rows[15].model_copy(
        update={
            "decision": rows[1].decision,
            "outcome": rows[1].outcome,
            "group": "x",
            "slices": {},
            "prediction": rows[15].prediction.model_copy(update={"object": GOLD[15].target}),
        }
    )
    assert recompute(MINI, GOLD, [*rows[:15], forged, *rows[16:]], 0.5) == rows


def test_another_threshold_gives_other_decisions() -> None:
    rows = rows_of(GOLD, first(20, 20), confidence=[0.6] * 20, threshold=0.5)
    again = recompute(MINI, GOLD, rows, 0.7)
    assert all("low_confidence" in row.decision.reasons for row in again)


def test_rows_of_other_cases_are_refused_by_the_first_that_differs() -> None:
    rows = rows_of(GOLD, first(20, 20))
    with pytest.raises(InputError, match=r"row 1 is of case 'g-001', the set has 'g-000' there"):
        recompute(MINI, GOLD, [rows[1], rows[0], *rows[2:]], 0.5)
    with pytest.raises(InputError, match="19 rows for 20 cases"):
        recompute(MINI, GOLD, rows[:-1], 0.5)
    with pytest.raises(InputError, match="1 predictions for 20 cases"):
        make_rows(MINI, GOLD, [answer(WRONG)], 0.5)
