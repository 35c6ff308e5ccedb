import datetime as dt
import random
from dataclasses import replace

import pytest
from support.repositories.scored_rows import MINI, cases, first

from dslm.gating.checks.check_result import UNMEASURED
from dslm.gating.gate import exit_code, judge, overall
from dslm.gating.verdict_markdown import as_markdown
from dslm.records import NOT_APPLICABLE, Baseline, Check, Verdict
from dslm.scoring import make_scorecard
from dslm.settings.waivers import Waiver

VALID = {"kind": "zero_tolerance", "metric": "schema_valid_rate"}
RIGHT = {"kind": "bound", "metric": "case_exact_match", "at_least": 0.93, "on": "interval"}
HOLDS = {"kind": "non_inferior", "metric": "case_exact_match", "to": "champion", "margin": 0.05}
WAIVER = Waiver(check="check_0", reason="agreed in review 12", signed_off_by="J. Doe",
                until=dt.date(2026, 12, 31), candidate=f"sha256:{0:064}",
                gold=f"sha256:{0:064}")  # fmt: skip


def check(status: str, **changes: object) -> Check:
    values = {"id": "a", "metric": "m", "asked": "x", "seen": "y", "why": "z", "status": status}
    return Check.model_validate(values | changes)


def test_fail_outranks_inconclusive_outranks_pass_and_nothing_asked_fails() -> None:
    assert overall([check("PASS"), check("PASS")]) == "PASS"
    assert overall([check("PASS"), check("INCONCLUSIVE")]) == "INCONCLUSIVE"
    assert overall([check("INCONCLUSIVE"), check("FAIL"), check("PASS")]) == "FAIL"
    assert overall([]) == "FAIL"


def test_what_had_nothing_to_compare_with_counts_for_nothing_and_alone_never_passes() -> None:
    idle = check(NOT_APPLICABLE)
    assert overall([check("PASS"), idle]) == "PASS"
    assert overall([check("INCONCLUSIVE"), idle]) == "INCONCLUSIVE"
    assert overall([idle, idle]) == "FAIL"


@pytest.mark.parametrize(("status", "code"), [("PASS", 0), ("FAIL", 1), ("INCONCLUSIVE", 3)])
def test_exit_codes_are_those_of_the_design(status: str, code: int) -> None:
    verdict = Verdict(workflow="w", status=status, checks=(), baseline=Baseline(), evidence={})
    assert exit_code(verdict) == code


def test_a_good_candidate_passes_and_the_verdict_names_its_evidence(submit, asking) -> None:
    verdict = judge(asking(VALID, RIGHT | {"at_least": 0.9}, HOLDS), submit())
    assert (verdict.status, verdict.workflow) == ("PASS", "mini")
    assert verdict.evidence == {"gold": "g"}
    assert [c.status for c in verdict.checks] == ["PASS", "PASS", NOT_APPLICABLE]
    assert verdict.first_release
    assert not judge(asking(HOLDS), submit(champion=first(190, 200))).first_release


def test_the_same_evidence_gives_the_same_verdict_byte_for_byte(submit, asking) -> None:
    policy = asking(VALID, RIGHT, HOLDS)
    first_time = judge(policy, submit(champion=first(185, 200))).model_dump_json()
    assert judge(policy, submit(champion=first(185, 200))).model_dump_json() == first_time


def test_the_order_of_gold_cases_does_not_matter(submit, asking) -> None:
    order = list(range(200))
    random.Random(2).shuffle(order)
    gold, right, champion = cases(200), first(185, 200), [i % 13 > 0 for i in range(200)]
    policy = asking(VALID, RIGHT, HOLDS, HOLDS | {"metric": "cost_per_case"})
    shuffled = judge(policy, submit([right[i] for i in order],
                                    champion=[champion[i] for i in order],
                                    gold=[gold[i] for i in order]))  # fmt: skip
    assert shuffled.checks == judge(policy, submit(right, champion=champion)).checks


def refused(submission, policy) -> str:
    verdict = judge(policy, submission)
    assert verdict.status == "FAIL"
    assert {c.id for c in verdict.checks} == {"evidence"}
    return "; ".join(c.seen for c in verdict.checks)


def test_missing_or_foreign_rows_are_not_judged(submit, asking) -> None:
    policy, whole = asking(VALID), submit()
    rows = whole.rows
    assert "no rows of the base" in refused(submit(rows={"candidate": rows["candidate"]}), policy)
    assert "no rows of the candidate" in refused(submit(rows={}), policy)
    assert "no rows of the candidate" in refused(submit(rows=rows | {"candidate": []}), policy)
    fewer = rows | {"candidate": rows["candidate"][1:]}
    assert "candidate: 199 rows for 200 cases" in refused(submit(rows=fewer), policy)
    other = cases(200, prefix="x")
    moved = [r.model_copy(update={"id": c.id}) for r, c in zip(rows["base"], other, strict=True)]
    assert "base: row 1 is of case 'x-000'" in refused(submit(rows=rows | {"base": moved}), policy)
    assert "unknown model 'older'" in refused(submit(rows=rows | {"older": rows["base"]}), policy)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_not_judged(submit, asking, number: float) -> None:
    rows = submit().rows
    bad = list(rows["candidate"])
    prediction = bad[4].prediction.model_copy(update={"confidence": number})
    bad[4] = bad[4].model_copy(update={"prediction": prediction})
    said = refused(submit(rows=rows | {"candidate": bad}), asking(VALID))
    assert "not a finite number in the row of case g-004" in said


def test_a_scorecard_that_its_rows_do_not_say_is_not_judged(submit, asking) -> None:
    card = submit().scorecard
    score = card.models["candidate"]
    better = score.metrics["case_exact_match"].model_copy(update={"value": 0.99})
    for metrics in (score.metrics | {"case_exact_match": better}, {}):
        models = card.models | {"candidate": score.model_copy(update={"metrics": metrics})}
        forged = card.model_copy(update={"models": models})
        assert "does not follow from its rows" in refused(submit(scorecard=forged), asking(VALID))
    nan = score.metrics["case_exact_match"].model_copy(update={"value": float("nan")})
    metrics = score.metrics | {"case_exact_match": nan}
    models = card.models | {"candidate": score.model_copy(update={"metrics": metrics})}
    forged = card.model_copy(update={"models": models})
    assert "does not follow from its rows" in refused(submit(scorecard=forged), asking(VALID))
    other = card.model_copy(update={"workflow": "other"})
    assert "of workflow 'other'" in refused(submit(scorecard=other), asking(VALID))


def test_a_champion_that_serves_must_have_been_scored_and_none_must_be_said(submit, asking) -> None:
    policy = asking(VALID, HOLDS)
    serves = Baseline(version=3, digest="sha256:three")
    assert "version 3 serves, and there are no rows" in refused(submit(baseline=serves), policy)
    both = submit(champion=first(190, 200), baseline=Baseline())
    assert "the baseline says that there is none" in refused(both, policy)
    unnamed = submit(champion=first(190, 200), baseline=Baseline(version=3))
    assert "does not say what version 3 is" in refused(unnamed, policy)


def test_rows_with_other_slices_than_the_contracts_are_not_judged(submit, asking) -> None:
    rows = submit().rows
    bare = [row.model_copy(update={"slices": {}}) for row in rows["base"]]
    assert "other slices" in refused(submit(rows=rows | {"base": bare}), asking(VALID))


def test_a_waiver_lets_one_named_check_pass_and_stays_visible(submit, asking) -> None:
    policy = asking(RIGHT, VALID)
    assert judge(policy, submit()).status == "INCONCLUSIVE"
    verdict = judge(policy, submit(), [WAIVER])
    assert verdict.status == "PASS"
    why = verdict.checks[0].why
    assert why.startswith("WAIVED by J. Doe until 2026-12-31: agreed in review 12 (was INCONCL")
    assert "Passed with waivers: check_0" in as_markdown(verdict)
    assert "1 passed by a waiver only" in as_markdown(verdict)
    assert [check.waived for check in verdict.checks][:1] == [True]
    needless = judge(asking(VALID), submit(), [WAIVER]).checks[0].why
    assert "is not needed" in needless


def test_a_waiver_does_not_stand_in_for_evidence(submit, asking) -> None:
    policy = asking({"kind": "slice_alarm", "metric": "coverage", "against": "base",
                     "worse_by": 0.1, "min_cases": 500})  # fmt: skip
    verdict = judge(policy, submit(), [WAIVER])
    assert verdict.status == "FAIL"
    assert "does not stand in for evidence" in verdict.checks[0].why
    assert judge(policy, submit(rows={}), [WAIVER]).status == "FAIL"


def test_the_comment_says_verdict_first_then_worst_checks_then_what_to_do(submit, asking) -> None:
    failing = asking(VALID, RIGHT, RIGHT | {"at_least": 0.99})
    text = as_markdown(judge(failing, submit()))
    lines = text.splitlines()
    assert lines[0] == "## ❌ mini: FAIL"
    assert lines[2] == (
        "1 FAIL, 1 INCONCLUSIVE, 1 PASS; a first release: nothing was compared with a champion."
    )
    table = [line for line in lines if line.startswith("| ") and "check_" in line]
    assert [line.split()[2] for line in table] == ["FAIL", "INCONCLUSIVE", "PASS"]
    assert "| ➖ NOT APPLICABLE | check_1 |" in as_markdown(judge(asking(VALID, HOLDS), submit()))
    assert "gold cases would decide it" in text
    assert "waivers.yaml" in text
    assert text.endswith("\n")
    good = as_markdown(judge(asking(VALID), submit(champion=first(190, 200))))
    assert "compared with version 3" in good
    assert "make release" in good
    assert "dvc repro gate@mini" in as_markdown(judge(asking(VALID), submit(rows={})))


def test_the_comment_says_where_to_look_when_nothing_proceeds() -> None:
    unmeasured = check("FAIL", why=UNMEASURED).model_copy(update={"metric": "selective_risk"})
    verdict = Verdict(workflow="w", status="FAIL", checks=(unmeasured,), baseline=Baseline(),
                      evidence={})  # fmt: skip
    assert "`artifacts/w/calibration.json` says at which risk" in as_markdown(verdict)
    other = verdict.model_copy(update={"checks": (check("FAIL", why="x"),)})
    assert "Nothing proceeds" not in as_markdown(other)


def test_the_comment_can_not_be_broken_by_what_it_quotes() -> None:
    hostile = check("FAIL", why="a | b\n<img src=x> `c` & d")
    verdict = Verdict(workflow="w", status="FAIL", checks=(hostile,), baseline=Baseline(),
                      evidence={})  # fmt: skip
    row = next(line for line in as_markdown(verdict).splitlines() if "❌ FAIL" in line)
    assert row.count("|") == 7
    assert "a &#124; b &#60;img src=x&#62; &#96;c&#96; &#38; d" in row


def test_an_empty_gold_set_is_not_judged(submit, asking) -> None:
    whole = submit()
    empty = type(whole)(MINI, (), whole.scorecard, whole.rows, whole.baseline)
    assert "the gold set is empty" in refused(empty, asking(VALID))


def test_a_raised_contract_version_makes_the_champion_incomparable(submit, asking) -> None:
    older = Baseline(version=4, digest="sha256:a", contract_version=MINI.version - 1)
    verdict = judge(asking(VALID, HOLDS), replace(submit(), baseline=older))
    assert [c.status for c in verdict.checks] == ["PASS", NOT_APPLICABLE, "FAIL"]
    assert "answers contract version" in verdict.checks[1].why
    assert (verdict.status, verdict.first_release) == ("FAIL", True)
    assert verdict.checks[2].id == "first_release"
    assert "set `allow` for this one release" in verdict.checks[2].why
    assert "a first release: nothing was compared" in as_markdown(verdict)
    assert "version 4 cannot be asked" in as_markdown(verdict)


@pytest.mark.parametrize(
    ("says", "serves", "status"),
    [
        ("until_one_serves", False, "PASS"), ("until_one_serves", True, "FAIL"),
        ("allow", False, "PASS"), ("allow", True, "PASS"),
        ("refuse", False, "FAIL"), ("refuse", True, "FAIL"),
    ],
)  # fmt: skip
def test_the_policy_allows_or_refuses_a_first_release(
    submit, asking, says: str, serves: bool, status: str
) -> None:
    older = Baseline(version=4, digest="sha256:a", contract_version=MINI.version - 1)
    policy = asking(VALID, HOLDS).model_copy(update={"first_release": says})
    shown = replace(submit(), baseline=older if serves else Baseline())
    assert judge(policy, shown).status == status
    assert judge(policy, submit(champion=first(190, 200))).status == "PASS"


def test_a_champion_of_the_same_contract_version_must_have_rows(submit, asking) -> None:
    same = Baseline(version=4, digest="sha256:a", contract_version=MINI.version)
    verdict = judge(asking(VALID, HOLDS), replace(submit(), baseline=same))
    assert verdict.status == "FAIL"


def test_what_production_would_see_is_told_and_decides_nothing(submit, asking) -> None:
    plain = submit(champion=first(185, 200))
    contract = MINI.model_copy(update={"traffic": {"language": {"en": 0.9, "de": 0.1}}})
    card = make_scorecard(contract, plain.gold, threshold=0.5, rows_by_model=plain.rows,
                          evidence={})  # fmt: skip
    policy = asking(VALID, RIGHT, HOLDS)
    before, after = (
        judge(policy, one) for one in (plain, replace(plain, contract=contract, scorecard=card))
    )
    assert after.checks == before.checks
    assert before.traffic == ()
    shares, *numbers = after.traffic
    assert shares.startswith("shares of language: de 0.1, en 0.9")
    assert "checks are judged on gold as it is" in shares
    assert [line.split(":")[0] for line in numbers[:3]] == [
        f"candidate, {name}" for name in ("cost_per_case", "straight_through_rate",
                                          "selective_risk")
    ]  # fmt: skip
    assert len(numbers) == 9  # of champion and base too
    value, known = card.models["candidate"].traffic, card.models["candidate"].metrics
    assert f"{value['cost_per_case'].value:.2f} EUR [" in numbers[0]
    assert f"by traffic, {known['cost_per_case'].value:.2f} EUR [" in numbers[0]
    page = as_markdown(after)
    assert "**Weighted by the contract's traffic**" in page
    assert "Weighted" not in as_markdown(before)
    refused = judge(policy, replace(plain, contract=contract))  # a scorecard without them
    assert [one.id for one in refused.checks] == ["evidence"]
