"""A reviewer's fix never throws its case away for the rules that the fixed answer breaks or keeps.

Cases that break a rule say so in `meta.breaks`; a fix that changes what is broken changes it too.
"""

from hypothesis import given
from hypothesis import strategies as st
from support.curation.curated_runs import curated

from dslm.curation.filters.rule_breaks import rule_breaks, rule_fault
from dslm.curation.labels.review_csv import COLUMNS, ReviewRow, write_review
from dslm.curation.labels.review_decisions import ReviewDecisions
from dslm.records import Case

TARGETS = st.fixed_dictionaries({
    "kind": st.sampled_from(["claim", "other"]),
    "amount": st.sampled_from([None, "1.00", "5.00"]),
})  # fmt: skip
FIXES = st.dictionaries(st.sampled_from(["kind"]), st.sampled_from(["claim", "other"])) | (
    st.dictionaries(st.sampled_from(["amount"]), st.sampled_from([None, "5.00"]))
)
META = st.fixed_dictionaries({"sender": st.just("a")}, optional={
    "breaks": st.lists(st.sampled_from(["other_is_empty", "no_such_rule"]), max_size=2)
    | st.just("other_is_empty"),
})  # fmt: skip


def reviewed(path, *said):
    blank = dict.fromkeys(COLUMNS, "")
    write_review(path, [ReviewRow(**(blank | {"id": i, "field": f, "verdict": v}))
                        for i, f, v in said])  # fmt: skip
    return path


@given(target=TARGETS, meta=META, fix=FIXES)
def test_a_case_that_was_kept_before_a_fix_is_kept_after_it(contract, target, meta, fix):
    case = Case(id="s", input="x", target=target, meta=meta)
    after = ReviewDecisions(fixes={"s": fix} if fix else {}).applied(contract, case)
    assert after.target == target | fix
    if not rule_breaks([case], contract):
        assert rule_breaks([after], contract) == []
    elif after.target == target:
        assert rule_fault(contract, after) == rule_fault(contract, case)


def test_what_was_broken_and_not_declared_is_not_declared_by_a_fix_of_something_else(
    build_contract,
):
    contract = build_contract()
    case = Case(id="s", input="x", target={"kind": "other", "amount": "1.00"})
    after = ReviewDecisions(fixes={"s": {"amount": "5.00"}}).applied(contract, case)
    assert "breaks" not in after.meta
    assert rule_fault(contract, after) == "breaks:other_is_empty"


def test_fixes_that_mend_and_that_make_a_breach_are_both_curated(
    contract, rows, gold, write_source, tmp_path
):
    rows[0] |= {"target": {"kind": "other", "amount": "5.00"},
                "meta": rows[0]["meta"] | {"breaks": ["other_is_empty"]}}  # fmt: skip
    file = reviewed(tmp_path / "review.csv", ("s-0000", "amount", "fix:null"),
                    ("s-0001", "kind", "fix:other"))  # fmt: skip
    done = curated(contract, write_source(rows), gold, review=file)
    by_id = {case.id: case for case in done.kept}
    assert by_id["s-0000"].target == {"kind": "other", "amount": None}
    assert "breaks" not in by_id["s-0000"].meta
    assert by_id["s-0001"].meta["breaks"] == ["other_is_empty"]
    assert done.ledger.dropped == {}
    assert (done.ledger.review.fixed, done.ledger.review.fixed_dropped) == (2, 0)


def test_a_fixed_case_that_goes_for_another_reason_is_no_silent_loss(
    contract, rows, gold, write_source, tmp_path
):
    twin = {"input": rows[1]["input"], "target": rows[1]["target"]}
    rows[0] |= twin | {"target": {"kind": "other", "amount": None}}
    file = reviewed(tmp_path / "review.csv", ("s-0000", "kind", "fix:claim"))
    review = curated(contract, write_source(rows), gold, review=file).ledger.review
    assert (review.fixed, review.fixed_dropped) == (1, 1)
