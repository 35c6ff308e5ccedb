from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from support.releases.approving_people import People
from support.repositories.finished_run import Run
from support.repositories.small_repository import (
    GAIN,
    RISK,
    asking_all,
    case,
    of_many_senders,
    write_lines,
)

from dslm.cases import read_labelled, write_records
from dslm.checking.check_workflow import Finding, prove
from dslm.contract.model.contract_model import load_contract
from dslm.gating.power.detectable_differences import gold_reach
from dslm.looks.calibration_looks import count_calibration
from dslm.looks.look_ledger import CANDIDATE, ledger_of
from dslm.provenance import digest_file
from dslm.settings.gate_policy import load_policy
from dslm.settings.workspace import Workspace, workspace
from dslm.statistics.power_and_sample_size import needed_right


def change(ws: Workspace, old: str, new: str) -> None:
    text = ws.contract.read_text()
    assert text.count(old) == 1, old
    ws.contract.write_text(text.replace(old, new))


def found(ws: Workspace, kind: str, proof: str) -> list[Finding]:
    return [f for f in prove(ws) if f.kind == kind and f.proof == proof]


def gold(ws: Workspace, number: int, **changes: Any) -> None:
    """Change one gold case."""
    cases = [json.loads(line) for line in ws.gold.read_text().splitlines()]
    cases[number] |= changes
    write_lines(ws.gold, cases)


def test_cases_of_few_groups_cannot_certify_the_bound_however_many_they_are(
    repository: Workspace,
) -> None:
    (warned,) = found(repository, "warn", "bound")
    assert "needs 22 right answers in as many groups and none wrong" in warned.message
    assert "groups at most: no answer could ever proceed" in warned.message
    of_many_senders(repository)
    assert found(repository, "warn", "bound") == []
    path = repository.data / "sources" / "cases.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for place, row in enumerate(rows):
        row["meta"]["sender"] = "main" if place % 3 == 0 else row["id"]
    write_lines(path, rows)
    (uneven,) = found(repository, "warn", "bound")
    assert "one of them, which may be all wrong, has 100" in uneven.message


HOLDS = "  - {id: h, kind: non_inferior, metric: case_exact_match, to: champion, margin: 0.1}\n"


@pytest.mark.parametrize(
    ("policy", "kind", "proof", "said"),
    [
        (f"checks:\n{GAIN}", "warn", "safety", "no check is on selective_risk"),
        (f"checks:\n{RISK}", "warn", "first_release", "is compared with nothing"),
        (f"checks:\n{HOLDS}", "warn", "first_release", "every check compares with one"),
        (
            f"first_release: refuse\nchecks:\n{RISK}{GAIN}",
            "fail",
            "first_release",
            "no candidate can pass",
        ),
    ],
)
def test_what_a_policy_does_not_ask_is_told(
    repository: Workspace, policy: str, kind: str, proof: str, said: str
) -> None:
    repository.policy.write_text(policy)
    (gap,) = found(repository, kind, proof)
    assert said in gap.message
    repository.champion.write_text(json.dumps({"version": 2, "digest": "sha256:0"}))
    after = found(repository, kind, proof)
    assert len(after) == (proof == "safety")  # with a champion there is something to compare with
    repository.policy.write_text(f"checks:\n{RISK}{GAIN}")
    assert found(repository, kind, proof) == []


def test_a_sound_workflow_has_only_proofs_that_hold(repository: Workspace) -> None:
    of_many_senders(repository)
    asking_all(repository)
    People.with_keys(repository.root / "keys").policy(Run(repository))
    findings = prove(repository)
    assert {f.kind for f in findings} == {"ok"}, [f for f in findings if f.kind != "ok"]
    assert {"contract", "grammar", "rules", "gold", "gold.breaks", "gold.grounded", "gold.copied",
            "decision", "slices", "sources", "bound", "recipe", "policy", "release_policy",
            "champion"} <= {
        f.proof for f in findings
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "proof", "says"),
    [
        ("name: mini", "name: maxi", "name", "called 'maxi'"),
        ("maxLength: 20", "pattern: '(?=x)'", "grammar", "look-around"),
        ("maxLength: 20", "maxLength: 2, minLength: 3", "grammar", "minLength is above maxLength"),
        ('{type: [string, "null"], maxLength: 20}', "{type: string, minLength: 5, pattern: ^a$}",
         "grammar", "does not compile"),
        ('type: [string, "null"]', "type: strnig", "contract", "output.properties.number.type"),
        ('output.kind == "other" ||', "output.kind ==", "rules", ""),
        ("{kind: order, number: A-1}", "{kind: order}", "rules", "breaks the rule"),
        ("fail: {output: {kind: order}}", "fail: {output: {kind: other}}", "rules",
         "does not break the rule"),
        ("number: A-1}", "nummer: A-1}", "rules", "nummer, which is no output field"),
        ("out_of_scope: {kind: [other]}", "out_of_scope: {kind: [oder]}", "out_of_scope",
         "'oder' is no value of 'kind'"),
        ("out_of_scope: {kind: [other]}", "out_of_scope: {number: [7]}", "out_of_scope",
         "7 is no value of 'number'"),
        ("out_of_scope: {kind: [other]}", f"out_of_scope: {{number: [{'A' * 21}]}}",
         "out_of_scope", "is no value of 'number'"),
        ("output.number != null", "nothing(output.number)", "rules", "cannot be evaluated"),
        ("slices: [language]", "slices: [channel]", "slices", "60 cases lack meta.channel"),
        ("sources/*.jsonl", "elsewhere/*.jsonl", "sources", "no file matches"),
    ],
)  # fmt: skip
def test_a_planted_fault_fails_its_proof(
    repository: Workspace, old: str, new: str, proof: str, says: str
) -> None:
    change(repository, old, new)
    failures = found(repository, "fail", proof)
    assert failures
    assert any(says in f.message for f in failures)
    assert all(f.where for f in failures)


@pytest.mark.parametrize(
    ("old", "new", "proof", "says"),
    [
        ("review: 3.0", "review: 50.0", "costs", "would never pay"),
        ("review: 3.0", "review: 3.0, by_field: {number: 1}", "costs", "less than a review"),
        ("  group_by: sender", "  group_by: sender\n  valid_until: \"2020-01-01\"", "valid_until",
         "2020-01-01"),
        ("max_selective_risk: 0.1", "max_selective_risk: 0.01", "bound", "needs 230 right"),
        ("licence: Apache-2.0", "licence: TODO", "sources", "no licence is given"),
        ("{kind: order, number: A-1}", "{kind: odd, number: A-1}", "rules", "output.kind"),
        ("output.number != null", "output.number.size() > 0", "rules",
         "only as it cannot be evaluated"),
    ],
)  # fmt: skip
def test_what_the_owner_should_know_is_a_warning(
    repository: Workspace, old: str, new: str, proof: str, says: str
) -> None:
    change(repository, old, new)
    assert any(says in f.message for f in found(repository, "warn", proof))


def test_a_gold_case_that_breaks_a_rule_must_say_so(repository: Workspace) -> None:
    gold(repository, 1, target={"kind": "order", "number": None})
    (failure,) = found(repository, "fail", "gold.breaks")
    assert failure.message == "breaks numbered, meta.breaks says none"
    assert "case g-001" in str(failure.where)
    assert "`dslm breaks mini`" in str(failure.fix)
    gold(repository, 1, meta=case(1)["meta"] | {"breaks": ["numbered"]})
    assert not found(repository, "fail", "gold.breaks")


def test_a_gold_case_that_says_it_breaks_a_rule_must_do_so(repository: Workspace) -> None:
    gold(repository, 1, meta=case(1)["meta"] | {"breaks": ["numbered", "other_rule"]})
    (failure,) = found(repository, "fail", "gold.breaks")
    assert failure.message == "breaks no rule, meta.breaks says numbered, other_rule"


def test_a_gold_value_that_is_not_in_the_input_is_named(repository: Workspace) -> None:
    gold(repository, 1, target={"kind": "order", "number": "Z-9"})
    (warning,) = found(repository, "warn", "gold.grounded")
    assert "g-001" in warning.message


def test_a_value_that_is_not_in_the_input_is_named_of_a_case_that_must_not_proceed_too(
    repository: Workspace,
) -> None:
    gold(repository, 1, target={"kind": "other", "number": "Z-9"})
    assert not found(repository, "warn", "gold.grounded")
    assert "g-001 (number does not" in found(repository, "ok", "gold.copied")[0].message


def test_gold_values_that_copying_could_not_write_are_named(repository: Workspace) -> None:
    apart = {
        "input": "order A - 1 - 7 - 8 - 9 - 0",
        "target": {"kind": "order", "number": "A-17890"},
    }
    gold(repository, 1, **apart)  # longer than maxLength as it stands
    assert "but for those of g-001" in found(repository, "ok", "gold.copied")[0].message
    for number in range(2, 40):
        gold(repository, number, **apart)
    (warning,) = found(repository, "warn", "gold.copied")
    assert "from their input: g-001 (number stands in the input as 'A - 1 - 7" in warning.message


def test_a_small_slice_is_named(repository: Workspace) -> None:
    gold(repository, 1, meta=case(1)["meta"] | {"language": "fr"})
    (warning,) = found(repository, "warn", "slices")
    assert "fr (1)" in warning.message


def test_traffic_has_gold_cases_of_each_value_and_what_it_lacks_is_told(
    repository: Workspace,
) -> None:
    change(repository, "slices: [language]", "slices: [language]\ntraffic: {language: {fr: 1.0}}")
    (failure,) = found(repository, "fail", "traffic")
    assert "no gold case has language fr" in failure.message
    assert (failure.where or "").endswith("workflow.yaml: traffic.language")
    assert "label gold cases of it" in (failure.fix or "")
    gold(repository, 1, meta=case(1)["meta"] | {"language": "fr"})
    assert found(repository, "fail", "traffic") == []
    (warning,) = found(repository, "warn", "traffic")
    assert "has no share: it does not count when weighted by traffic" in warning.message
    (told,) = found(repository, "ok", "traffic")
    assert "fr 1 of traffic" in told.message


def test_a_contract_under_which_nothing_may_proceed_fails(repository: Workspace) -> None:
    change(repository, "out_of_scope: {kind: [other]}", "out_of_scope: {kind: [other, order]}")
    assert found(repository, "fail", "decision")


def test_a_bad_line_in_a_source_is_named(repository: Workspace) -> None:
    source = repository.data / "sources" / "more.jsonl"
    source.write_text(json.dumps(case(1, prefix="m")) + '\n{"id": \n')
    (failure,) = found(repository, "fail", "sources")
    assert str(failure.where).endswith("more.jsonl:2")


def test_a_row_whose_target_is_none_of_the_contracts_is_named(repository: Workspace) -> None:
    odd = case(2, prefix="m")
    odd["target"]["kind"] = "odd"
    write_lines(repository.data / "sources" / "more.jsonl", [case(1, prefix="m"), odd])
    (failure,) = found(repository, "fail", "sources")
    assert str(failure.where).endswith("more.jsonl:2")
    assert failure.message.startswith("target.kind: ")


@pytest.mark.parametrize(
    ("keyword", "advice"),
    [
        ("not: {const: x}", "enum"), ("format: idn-email", "pattern"), ("oneOf: [{}]", "anyOf"),
        ("if: {}, then: {}", "anyOf"), ("maxLenght: 3", "did you mean 'maxLength'?"),
        ("nullable: true", "null"), ("pattern: '(a)\\1'", "pattern"),
        ("dependentRequired: {}", "rules"),
        ("pattern: a, format: date", "one pattern"), ("unevaluatedItems: false", "items: false"),
    ],
)  # fmt: skip
def test_a_keyword_that_no_grammar_holds_is_named_with_its_place_and_advice(
    repository: Workspace, keyword: str, advice: str
) -> None:
    text = repository.contract.read_text()
    repository.contract.write_text(text.replace("maxLength: 20", keyword))
    for failure in found(repository, "fail", "grammar"):
        assert "output.properties.number" in str(failure.where)
        assert advice in str(failure.fix)


def test_gold_that_the_grammar_would_never_write_is_named(repository: Workspace) -> None:
    text = repository.contract.read_text()
    repository.contract.write_text(text.replace("maxLength: 20", "format: date"))
    failures = found(repository, "fail", "gold")
    assert any("case g-001" in str(f.where) and "target.number" in f.message for f in failures)


def test_texts_with_labels_beside_them_are_counted_together(repository: Workspace) -> None:
    folder = repository.data / "texts"
    folder.mkdir()
    for number in range(150):
        (folder / f"t{number}.txt").write_text("A text.")
        (folder / f"t{number}.json").write_text('{"target": {"kind": "other", "number": null}}')
    change(repository, "sources:", "sources:\n    - {path: texts/*.txt, licence: CC0, origin: o}")
    assert "texts/*.txt: 150 rows, CC0" in [f.message for f in found(repository, "ok", "sources")]
    (folder / "t7.json").unlink()
    (warning,) = found(repository, "warn", "sources")
    assert warning.message == "no label: t7.txt needs t7.json beside it"
    assert "1 of 150 rows" in str(warning.fix)
    (folder / "t8.json").rename(folder / "lone.json")
    (failure,) = found(repository, "fail", "sources")
    assert "3 of 151 rows" in str(failure.fix)


def test_a_broken_contract_still_has_its_settings_proved(repository: Workspace) -> None:
    repository.contract.write_text("name: mini\n")
    repository.champion.unlink()
    proofs = {f.proof for f in prove(repository) if f.kind == "fail"}
    assert proofs == {"contract", "champion"}


def test_a_workflow_that_params_do_not_list_fails(repository: Workspace) -> None:
    path = repository.root / "params.yaml"
    path.write_text(path.read_text().replace("mini:", "maxi:"))
    (failure,) = found(repository, "fail", "recipe")
    assert "'mini' is not listed" in failure.message


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("margin: 0.12", "margin: 0.02", "needs about 902 cases if models differ on 5%"),
        ("at_least: 0.7, on: interval", "at_least: 0.97, on: interval", "not even a perfect score"),
    ],
)
def test_a_check_that_this_gold_set_cannot_decide_is_a_warning(
    repository: Workspace, old: str, new: str, says: str
) -> None:
    text = repository.policy.read_text()
    assert text.count(old) == 1
    repository.policy.write_text(text.replace(old, new))
    (warning,) = found(repository, "warn", "margins")
    assert says in warning.message
    assert "gold has 60" in warning.message
    assert warning.message.endswith("once a champion serves") == ("margin" in old)


@pytest.mark.parametrize(
    ("check", "says"),
    [
        ("{id: alarm, kind: slice_alarm, metric: coverage, against: champion, worse_by: 0.05, "
         "min_cases: 15}", "a drop of 0.050 is too small to be detected"),
        ("{id: gains, kind: gain, metric: coverage, over: base, at_least: 0.94}",
         "cannot show a gain of any size"),
    ],
)  # fmt: skip
def test_an_alarm_that_cannot_ring_and_a_gain_that_cannot_be_shown_are_warnings(
    repository: Workspace, check: str, says: str
) -> None:
    text = repository.policy.read_text()
    repository.policy.write_text(f"{text.rstrip()}\n  - {check}\n")
    (warning,) = found(repository, "warn", "margins")
    assert says in warning.message
    assert found(repository, "ok", "margins") == []


def test_check_tells_what_the_looks_so_far_leave_for_the_next(repository: Workspace) -> None:
    assert found(repository, "ok", "looks") == []
    gold = read_labelled(repository.gold, load_contract(repository.contract))
    ledger_of(repository).record(digest_file(repository.gold), "sha256:" + "1" * 64, gold)
    (told,) = found(repository, "ok", "looks")
    assert told.message.startswith("1 candidate was scored on this gold set")
    assert "may spend 7.58% of alpha; margins then need: holds about " in told.message


def test_check_warns_of_a_split_that_several_calibrations_saw(repository: Workspace) -> None:
    gold = read_labelled(repository.gold, load_contract(repository.contract))
    repository.curated.mkdir(parents=True)
    write_records(repository.curated / "calibration.jsonl", gold)
    for adapter, kinds in (("sha256:1", []), ("sha256:2", ["warn"])):
        named = dict.fromkeys(CANDIDATE, "sha256:0") | {"adapter": adapter}
        count_calibration(repository, named | {"calibration_cases": "sha256:" + "3" * 64}, gold)
        assert [f.kind for f in prove(repository) if f.proof == "calibrations"] == kinds
    assert "one of 2 in up to 0.2" in found(repository, "warn", "calibrations")[0].message
    text = repository.contract.read_text()
    for most, kind in ((3, "ok"), (2, "warn")):
        asked = text.replace("confidence: 0.9}", f"confidence: 0.9, calibrations: {most}}}")
        repository.contract.write_text(asked)
        assert [f.kind for f in prove(repository) if f.proof == "calibrations"] == [kind]


def test_a_bad_policy_fails_with_its_line(repository: Workspace) -> None:
    text = repository.policy.read_text()
    repository.policy.write_text(text.replace("margin: 0.12", "margn: 0.12"))
    failures = found(repository, "fail", "policy")
    assert {str(f.where) for f in failures} == {f"{repository.policy}:5"}


def test_a_waiver_is_shown_and_an_idle_one_fails(repository: Workspace) -> None:
    until = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
    of = f"candidate: sha256:{'0' * 64}, gold: {digest_file(repository.gold)}"
    waiver = "{check: holds, reason: agreed in the meeting, signed_off_by: Kim, "
    waiver += f'until: "{until}", {of}}}'
    repository.waivers.write_text(f"waivers:\n  - {waiver}\n")
    assert f"holds until {until} by Kim" in found(repository, "warn", "waivers")[0].message
    repository.waivers.write_text(f"waivers:\n  - {waiver.replace('holds', 'hold')}\n")
    assert "did you mean 'holds'?" in str(found(repository, "fail", "waivers")[0].fix)


def test_check_and_data_card_say_the_same_of_what_gold_can_decide(repository: Workspace) -> None:
    """60 cases: the normal approximation has 31 decide ten points, the first look needs 62."""
    text = repository.policy.read_text()
    for margin in (0.06, 0.09, 0.1, 0.11, 0.12):
        repository.policy.write_text(text.replace("margin: 0.12", f"margin: {margin}"))
        policy, contract = load_policy(repository.policy), load_contract(repository.contract)
        reach = gold_reach(contract, read_labelled(repository.gold, contract), policy)
        (card,) = [check for check in reach.checks if check.id == "holds"]
        warned = [f for f in found(repository, "warn", "margins") if f.message.startswith("holds:")]
        assert bool(warned) == (not card.enough), margin
        assert all(f"needs about {card.needed} cases" in f.message for f in warned)


@pytest.mark.parametrize(("risk", "kinds"), [(0.05, {"warn"}), (0.1, set()), (0.2, set())])
def test_a_gate_that_forbids_the_risk_that_the_contract_allows_is_told(
    repository: Workspace, risk: float, kinds: set[str]
) -> None:
    text = repository.policy.read_text()
    check = f"{{id: few_wrong, kind: bound, metric: selective_risk, at_most: {risk}}}"
    repository.policy.write_text(f"{text.rstrip()}\n  - {check}\n")
    told = [f for f in prove(repository) if f.proof == "promise"]
    assert {f.kind for f in told} == kinds
    assert all("few_wrong fails above 0.05" in f.message and "0.1" in str(f.fix) for f in told)


def test_a_list_whose_items_are_named_can_be_out_of_scope(repository: Workspace) -> None:
    change(repository, '{type: [string, "null"], maxLength: 20}',
           "{type: array, items: {enum: [a, b]}}")  # fmt: skip
    change(repository, "out_of_scope: {kind: [other]}", "out_of_scope: {number: [[]]}")
    assert not found(repository, "warn", "out_of_scope")
    assert found(repository, "ok", "out_of_scope")


@pytest.mark.parametrize(("risk", "needed"), [(0.05, 45), (0.1, 22), (0.02, 114)])
def test_needed_right_is_the_exact_binomial_bound(risk: float, needed: int) -> None:
    assert needed_right(risk, 0.9) == needed
    assert (1 - risk) ** needed <= 0.1 < (1 - risk) ** (needed - 1)


@pytest.mark.slow
def test_the_example_workflow_is_sound_and_its_bound_attainable() -> None:
    from support.repositories.small_repository import ROOT

    findings = prove(workspace("invoice_intake", ROOT))
    assert [f for f in findings if f.kind == "fail"] == []
    assert {f.kind for f in findings if f.proof in {"bound", "slices"}} == {"ok"}
    # 83 suppliers are enough for a first release, and too few for its margins and its alarm
    open_ = [f.message.partition(":")[0] for f in findings if f.kind == "warn"]
    assert open_ == ["holds_quality", "holds_since_first", "no_slice_falls"]


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ("qwen3-4b-qlora-gpu16", "run `dslm base lock qwen3-4b-qlora-gpu16 --online` once"),
        ("phi4-mini-lora-gpu24", "text files into models/Phi-4-mini-instruct, run `dslm base lock"),
    ],
)
def test_a_base_without_a_lock_says_exactly_what_to_do(
    repository: Workspace, recipe: str, says: str
) -> None:
    params = repository.root / "params.yaml"
    params.write_text(f"workflows:\n  mini:\n    recipe: {recipe}\n")
    (failure,) = found(repository, "fail", "base")
    assert says in (failure.fix or "")
    assert "commit what it writes" in (failure.fix or "")


def test_a_schema_as_pydantic_writes_it_is_proved_as_a_whole(repository: Workspace) -> None:
    """The root and every part by reference, Optional as `anyOf`."""
    text = repository.contract.read_text()
    begin, end = text.index("output:\n"), text.index("compare:")
    written = """output:
  $ref: '#/$defs/Order'
  $defs:
    Kind: {enum: [order, other], title: Kind, type: string}
    Order:
      type: object
      additionalProperties: false
      required: [kind, number]
      properties:
        kind: {$ref: '#/$defs/Kind'}
        number: {anyOf: [{type: string, maxLength: 20}, {type: "null"}], title: Number}
"""
    repository.contract.write_text(text[:begin] + written + text[end:])
    assert [f for f in prove(repository) if f.kind == "fail"] == []
