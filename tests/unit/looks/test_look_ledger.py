"""The ledger of looks, in a repository of git where it matters."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from dslm.errors import ReleaseRefused
from dslm.looks.alpha_spending import left_after, next_share
from dslm.looks.look_ledger import CANDIDATE, CASES, Ledger, candidate_digest, look_digest
from dslm.provenance import digest_bytes, digest_json
from dslm.records import Case, Look


def digest(name: str) -> str:
    return digest_bytes(name.encode())


def asked(*texts: str) -> list[Case]:
    return [Case(id=f"g{number}", input=text) for number, text in enumerate(texts)]


GOLD = asked("one", "two", "three")


def look(ledger: Ledger, candidate: str, gold: str = "gold", cases: Sequence[Case] = GOLD) -> Look:
    return ledger.record(digest(gold), digest(candidate), cases)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    receipts = (tmp_path / "release.json", tmp_path / "champion.json")
    return Ledger(tmp_path / "looks", receipts)


def files(ledger: Ledger) -> dict[str, bytes]:
    there = (p for p in ledger.folder.rglob("*") if p.is_file())
    return {p.relative_to(ledger.folder).as_posix(): p.read_bytes() for p in there}


def place(ledger: Ledger, wanted: Look) -> Path:
    """The file of a look."""
    there = (path for path in ledger.folder.glob("*/*.json") if path.name != CASES)
    (found,) = (path for path in there if Look.model_validate_json(path.read_bytes()) == wanted)
    return found


def test_a_pair_is_looked_at_once_and_keeps_its_number_whatever_comes_later(ledger) -> None:
    one = look(ledger, "a")
    assert (one.number, one.after) == (1, ())
    kept = files(ledger)
    assert len(kept) == 2
    assert look(ledger, "a") == one
    assert ledger.sight(digest("gold"), digest("a"), GOLD) == one
    assert files(ledger) == kept
    two = look(ledger, "b")
    assert (two.number, two.after) == (2, (look_digest(one),))
    assert two.share < one.share
    assert look(ledger, "a") == one
    assert {name: data for name, data in files(ledger).items() if name in kept} == kept


def test_to_see_what_a_look_would_be_writes_nothing(ledger) -> None:
    expected = ledger.sight(digest("gold"), digest("a"), GOLD)
    assert files(ledger) == {}
    assert look(ledger, "a") == expected


def test_a_gold_set_that_grew_shrank_or_was_reworded_is_the_same_budget(ledger) -> None:
    look(ledger, "a")
    grown = look(ledger, "a", "grown", [*GOLD, *asked("four")])
    assert grown.number == 2
    shrunk = look(ledger, "a", "shrunk", GOLD[:1])
    assert shrunk.number == 3
    respelt = [Case(id="x", input="  ONE ", target={"kind": "other"}), *asked("five")]
    assert look(ledger, "a", "respelt", respelt).number == 4
    assert look(ledger, "a", "joined by the second", asked("five", "six")).number == 5
    unseen = asked("o\u200bne", "Caf\u00e9")
    assert look(ledger, "a", "with what nobody sees", unseen).number == 6
    assert look(ledger, "a", "composed otherwise", asked("cafe\u0301")).number == 7


def test_candidates_that_are_scored_at_once_count_each_other(ledger) -> None:
    begin = Barrier(6)

    def scored(number: int) -> int:
        begin.wait()
        return look(ledger, f"candidate {number}").number

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(scored, range(6))) == [1, 2, 3, 4, 5, 6]


def test_a_look_that_lists_other_cases_than_its_gold_set_has_is_refused(ledger) -> None:
    forged = Ledger(ledger.folder)
    look(forged, "a", cases=asked("something else"))  # so that what comes later shares no case
    for candidate in ("a", "b"):
        with pytest.raises(ReleaseRefused, match="lists other cases than its gold set has"):
            ledger.sight(digest("gold"), digest(candidate), GOLD)


def test_a_list_of_before_composition_was_looked_at_still_counts(ledger) -> None:
    gold = asked("one", "Caf\u00e9 \u200b")
    first = sorted(digest(text)[7:23] for text in ("one", "caf\u00e9 \u200b"))
    listed = digest_json(first)
    old = Look(gold=digest("gold"), candidate=digest("a"), cases=listed, number=1,
               share=next_share(0.0), left=left_after(next_share(0.0)))  # fmt: skip
    ledger.keep(old, gold)
    place(ledger, old).with_name(CASES).write_text(json.dumps(first))
    two = look(ledger, "b", cases=gold)
    assert (two.number, two.cases) == (2, listed)
    assert look(ledger, "c", "grown", [*gold, *asked("four")]).number == 3


def test_a_gold_set_of_new_cases_alone_begins_anew(ledger) -> None:
    look(ledger, "a")
    look(ledger, "b")
    fresh = look(ledger, "c", "fresh", asked("seven", "eight"))
    assert (fresh.number, fresh.after) == (1, ())
    both = look(ledger, "c", "both", [*GOLD, *asked("seven")])
    assert both.number == 4
    assert len(both.after) == 2


def test_an_upgrade_is_no_new_candidate_and_all_that_it_answers_by_is() -> None:
    named = {key: digest(key) for key in (*CANDIDATE, "code", "lock", "packages", "calibration")}
    same = candidate_digest(named)
    assert candidate_digest(named | {"code": "x", "lock": "x", "packages": "x"}) == same
    changed = {candidate_digest(named | {key: "x"}) for key in CANDIDATE}
    assert len(changed | {same}) == len(CANDIDATE) + 1
    assert {"adapter", "threshold", "contract"} <= set(CANDIDATE)


def test_a_file_that_a_later_look_names_is_missed(ledger) -> None:
    one = look(ledger, "a")
    two = look(ledger, "b")
    gone = place(ledger, one)
    gone.unlink()
    with pytest.raises(ReleaseRefused, match=r"lacks sha256:.*, which this names") as caught:
        ledger.read()
    assert str(caught.value.where) == str(place(ledger, two))


def test_the_newest_look_can_be_hidden_until_a_receipt_names_it(ledger) -> None:
    look(ledger, "a")
    two = look(ledger, "b")
    kept = place(ledger, two).read_bytes()
    place(ledger, two).unlink()
    assert ledger.sight(digest("gold"), digest("c"), GOLD).number == 2  # as the docs admit
    for receipt in ledger.receipts:
        receipt.write_text(json.dumps({"version": 1, "look": look_digest(two)}))
        with pytest.raises(ReleaseRefused, match="the ledger of looks lacks"):
            ledger.sight(digest("gold"), digest("c"), GOLD)
        receipt.write_text(json.dumps({"version": 1}))
        assert ledger.sight(digest("gold"), digest("c"), GOLD).number == 2
        receipt.write_text("{")
        with pytest.raises(ReleaseRefused, match="cannot be read"):
            ledger.sight(digest("gold"), digest("c"), GOLD)
        receipt.unlink()
    assert b'"number": 2' in kept


CHANGES = {
    "a greater share": {"share": 0.9},
    "an earlier number": {"number": 1},
    "more left": {"left": 0.5},
    "nothing before it": {"after": []},
    "another candidate": {"candidate": digest("z")},
    "another gold set": {"gold": digest("z")},
    "other cases": {"cases": digest("z")},
    "an unknown key": {"signed": "me"},
    "no number": {"number": None},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_look_that_was_edited_is_refused(ledger, name: str) -> None:
    look(ledger, "a")
    path = place(ledger, look(ledger, "b"))
    path.write_text(json.dumps(json.loads(path.read_text()) | CHANGES[name]))
    with pytest.raises(ReleaseRefused) as caught:
        ledger.read()
    assert str(ledger.folder) in str(caught.value.where)


@pytest.mark.parametrize("text", ["", "[]", "{}", "<<<<<<< HEAD\n", None])
@pytest.mark.parametrize("listed", [True, False])
def test_what_is_no_look_or_no_list_of_cases_is_refused(ledger, text, listed) -> None:
    path = place(ledger, look(ledger, "a"))
    path = path.with_name(CASES) if listed else path
    if text is None:
        path.unlink()
        path.mkdir()
    else:
        path.write_text(text)
    with pytest.raises(ReleaseRefused):
        ledger.sight(digest("gold"), digest("a"), GOLD)


@pytest.mark.parametrize("listed", [5, None, {"a": 1}, [5], "abc"])
def test_a_list_of_cases_that_a_look_names_is_a_list_of_texts(ledger, listed) -> None:
    path = place(ledger, look(ledger, "a"))
    path.with_name(CASES).write_text(json.dumps(listed))
    said = json.loads(path.read_text()) | {"cases": digest_json(listed)}
    path.write_text(json.dumps(said))
    with pytest.raises(ReleaseRefused, match="not the list that a look names"):
        ledger.read()


def test_cases_cannot_be_taken_off_the_list_to_begin_anew(ledger) -> None:
    path = place(ledger, look(ledger, "a")).with_name(CASES)
    path.write_text(json.dumps(json.loads(path.read_text())[1:]))
    with pytest.raises(ReleaseRefused, match="not the list that a look names"):
        ledger.sight(digest("other"), digest("a"), asked("one"))


def git(root: Path, *arguments: str) -> str:
    who = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
    done = subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)
    return done.stdout.decode()


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "look")


def test_branches_merge_without_conflict_and_their_verdicts_keep_their_looks(tmp_path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    ledger = Ledger(tmp_path / "looks")
    look(ledger, "a")
    commit(tmp_path)
    git(tmp_path, "checkout", "--quiet", "-b", "side")
    ours = [look(ledger, "b"), look(ledger, "c"), look(ledger, "e", "side's gold", asked("nine"))]
    commit(tmp_path)
    git(tmp_path, "checkout", "--quiet", "main")
    theirs = [look(ledger, "d"), look(ledger, "e", "side's gold", asked("nine")), look(ledger, "c")]
    assert [one.number for one in ours] == [2, 3, 1]
    assert [one.number for one in theirs] == [2, 1, 3]
    commit(tmp_path)
    git(tmp_path, "merge", "--quiet", "--no-edit", "side")
    for mine in ours[:2], theirs[:2]:
        assert [look_digest(one) in ledger.read().looks for one in mine] == [True, True]
    assert look(ledger, "b") == ours[0]
    assert look(ledger, "d") == theirs[0]
    for known in (ours[1], theirs[2]):  # seen by both: one pair, spent once, two verdicts
        assert ledger.sight(digest("gold"), digest("c"), GOLD, known) == known
    assert look(ledger, "c") in (ours[1], theirs[2])
    later = look(ledger, "f")
    assert later.number == 5  # a, b, c and d were before
    assert len(later.after) == 2
    assert later.left < min(ours[1].left, theirs[2].left)
    assert git(tmp_path, "status", "--short").count("looks/") == 1


def test_what_a_branch_deleted_is_missed_where_the_other_went_on_from_it(tmp_path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    ledger = Ledger(tmp_path / "looks")
    first = look(ledger, "a")
    commit(tmp_path)
    git(tmp_path, "checkout", "--quiet", "-b", "side")
    shutil.rmtree(ledger.folder)
    assert look(ledger, "b").number == 1
    commit(tmp_path)
    git(tmp_path, "checkout", "--quiet", "main")
    assert look(ledger, "c").after == (look_digest(first),)
    commit(tmp_path)
    git(tmp_path, "merge", "--quiet", "--no-edit", "side")
    with pytest.raises(ReleaseRefused, match="lacks"):
        ledger.read()
