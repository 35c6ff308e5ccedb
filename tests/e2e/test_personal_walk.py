"""All stages on cases with planted people: nobody's value is in any file that is not said to be.

A tiny model is trained, answers, is gated and registered; then every file of the repository is
read, case folded, escapes and packed parts undone. What holds gold as it is, by docs/contract.md,
is named here and nothing else.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import html
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.models import tiny_model
from support.repositories.dvc_repository import unlike_cases
from support.repositories.small_repository import CONTRACT, ROOT, make_repository, write_lines
from typer.testing import CliRunner

from dslm.cli.app import app
from dslm.inference.base_models.base_locks import lock_base
from dslm.settings.recipe import BaseModelSource
from dslm.settings.workspace import Workspace
from pipelines import (
    baseline,
    calibrate,
    curate,
    gate,
    register,
    score,
    score_base,
    score_champion,
    train,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
STAGES = (curate, train, calibrate, baseline, score_base, score_champion, score, gate, register)
# Who is in the sources, and who is in gold alone.
PEOPLE = ("robin crusoetti", "Zelmora Quintrell", "Иван Полозковский", "Γιώργος Παπαγιαννάκης",
          "محمد العبادي", "דוד לוינזון", "राजेश चक्रवर्ती", "สมชาย วงศ์สวัสดิ์", "王小明明", "佐藤花子子",
          "김철수현", "Jürgen Großmannsberg", "Kolbartin")  # fmt: skip
OF_GOLD = ("verena dolmetschka", "Tharindu Weerakoon", "Ольга Бессмертная", "Κωνσταντία Μαυρίδου",
           "فاطمة الزهراوي", "שרה כהנוביץ", "अनीता मुखर्जी", "ธนพล ศรีสุขสันต์", "李建国国", "田中美咲咲",
           "박영희수", "Łukasz Żółtowski", "Pfefferkuch")  # fmt: skip
FIELDS = """\
  personal:
    mode: surrogate
    kinds: [email, phone]
    regions: [DE]
    fields:
      target.number: {kind: id}
      target.name: {kind: name}
      target.mail: {kind: email}
      meta.firm: {kind: company}
      meta.ssn: {kind: ssn}
"""
SAID = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# Where gold, the sources and what was asked lie; answers as they are; written into gold again.
AS_IT_IS = re.compile(
    r"data/mini/sources/|eval/mini/gold\.jsonl$|eval/mini/gold-review\.csv$|asked\.jsonl$"
    r"|(^|/)rows(/|\.jsonl$)|base/|recipes/"
)


def planted(prefix: str, count: int, people: tuple[str, ...]) -> tuple[list[dict], set[str]]:
    """Cases that name people in many spellings, and what must be nowhere."""
    cases, values = unlike_cases(count, prefix=prefix, seed=len(prefix + people[0])), set()
    for n, case in enumerate(cases):
        person, digits = people[n % len(people)], f"{70_000_000 + n * 7_919 + len(people[0])}"
        number = f"INV-{digits}" if n % 3 else digits
        latin = re.sub("[^a-z]", "", person.casefold())
        mail = f"{latin or 'kundin'}{n}{prefix}x@{prefix}mailhost.com"
        ssn, firm = f"{digits[::-1]}7", f"{prefix}orbax{chr(97 + n % 26)}{chr(97 + n // 26)}uv"
        spoken = " ".join(SAID[int(char)] for char in digits)
        told_mail = (mail, re.sub("[@.]", "", mail), mail.replace("@", " at ").upper())[n % 3]
        told = (number.lower(), f"{spoken} {number}", number.replace("-", " "))[n % 3]
        case["target"] |= {"number": number, "name": person, "mail": mail}
        case["meta"] |= {"firm": f"{firm.title()} GmbH", "ssn": ssn}
        case["input"] += (f" hi this is {person.lower()} / {person.split()[0].upper()} of {firm} "
                          f"mail {told_mail} ref {told} {number} ssn {' '.join(ssn)}")  # fmt: skip
        parts = [part for part in person.split() if len(part) > 4 or not part.isascii()]
        values |= {person, *parts, digits, spoken, mail, re.sub("[@.]", "", mail), ssn, firm}
    return cases, {value.casefold() for value in values}


def said_in(path: Path) -> Iterator[str]:
    """What a file says, folded: as it is, unescaped, and what is packed in it."""
    data = path.read_bytes()
    packed = re.findall(rb"H4sI[A-Za-z0-9+/=]{20,}", data)
    for blob in (data, *(gzip.decompress(base64.b64decode(one)) for one in packed)):
        text = blob.decode("utf-8", "replace")
        escaped = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), text)
        for one in {text, html.unescape(text), escaped}:
            yield one.casefold()
            yield re.sub(r"[\s\-]", "", one.casefold())


def left_in(root: Path, values: set[str]) -> dict[str, list[str]]:
    """By file what of some values is left."""
    found: dict[str, list[str]] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_file() and not AS_IT_IS.search(name):
            texts = [*said_in(path)]
            if held := sorted(v for v in values if any(v in text for text in texts)):
                found[name] = held
    return found


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workflow with personal fields, nothing run yet."""
    monkeypatch.setenv("DSLM_PERSONAL_KEY", "a secret of thirty-two characters")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    root = tmp_path / "repository"
    ws = make_repository(root)
    monkeypatch.chdir(root)
    text = {"type": ["string", "null"], "maxLength": 80}
    wide = CONTRACT.replace("maxLength: 20}", f"maxLength: 60}}\n    name: {json.dumps(text)}\n"
                            f"    mail: {json.dumps(text)}")  # fmt: skip
    wide = wide.replace("required: [kind, number]", "required: [kind, number, name, mail]")
    ws.contract.write_text(wide.replace("  group_by: sender\n", f"  group_by: sender\n{FIELDS}"))
    document = tiny_model.recipe_document("base/tiny", max_tokens=900, max_steps=2)
    document["inference"]["max_answer_tokens"] = 160
    tiny_model.write_base(root / "base" / "tiny")
    (root / "recipes" / "tiny.yaml").write_text(json.dumps(document))
    lock_base(BaseModelSource(folder="base/tiny"), root)
    (root / "params.yaml").write_text("workflows: {mini: {recipe: tiny}}\n")
    (root / "registry").mkdir(exist_ok=True)
    shutil.copy(ROOT / "registry" / "card-template.md.jinja", root / "registry")
    ws.lock.write_text("dslm==0.1.0\n")
    ws.waivers.write_text("waivers: []\n")
    ws.policy.write_text("first_release: allow\nchecks:\n  - {id: cut, kind: bound, metric: "
                         "truncation_rate, at_most: 0.99, on: value}\n")  # fmt: skip
    return ws


def test_nobodys_value_is_in_any_file_that_is_written(repository: Workspace) -> None:
    ws, root = repository, repository.root
    cases, values = planted("s", 160, PEOPLE)
    gold, of_gold = planted("g", 13, OF_GOLD)
    reject = cases[1] | {"id": "broken", "target": {"kind": "zelmora quintrell"}}
    write_lines(ws.data / "sources" / "cases.jsonl", [*cases, reject])
    write_lines(ws.gold, gold)
    write_lines(root / "asked.jsonl", [{key: one[key] for key in ("id", "input")} for one in gold])
    with contextlib.redirect_stdout(io.StringIO()) as out:
        for stage in STAGES:
            assert not stage.body(ws), stage.__name__
    (root / "stages.txt").write_text(out.getvalue())
    for command in ("check mini", "check mini --json", "show data mini", "show run mini",
                    "report mini", "review mini --json", "review mini --gold --json", "verify mini",
                    "gate mini --comment comment.md", "release list mini",
                    "predict asked.jsonl answers.jsonl -w mini --candidate"):  # fmt: skip
        done = CliRunner().invoke(app, command.split())
        assert done.exit_code == 0, (command, done.output)
        (root / f"said {command.replace('/', '')}.txt").write_text(done.output)
    written = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    expected = ("artifacts/mini/curated/train.jsonl", "artifacts/mini/curated/rejects.jsonl",
                "artifacts/mini/data-card.html", "artifacts/mini/report.html", "comment.md",
                "eval/mini/results/gate.md", "registry/mini/release.json",
                "answers.jsonl")  # fmt: skip
    assert written.issuperset(expected)
    assert [name for name in written if name.endswith("release/smoke.json")]
    assert left_in(root, values | of_gold) == {}
    kept = (ws.curated / "train.jsonl").read_text()
    assert len(kept.splitlines()) > 100  # and is no empty file
    ws.gold.rename(root / "somewhere.txt")  # what looks for values does find them
    assert left_in(root, of_gold)["somewhere.txt"]
