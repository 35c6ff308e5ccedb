"""Broken inputs for `init`, `import`, `check`, `curate` and `predict`, drawn from a seed and tried.

A `Fuzzer` holds one small repository. Each seed breaks something in it, runs one command in this
process, looks whether it ended as a command may, and puts everything back. No model is loaded:
`predict` is tried up to there, and `curate` reads and judges rows, now and then to the end.
Used by `unit/cli/test_fuzzed_inputs.py` and `bench/fuzz_inputs.py`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import signal
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import typer

from dslm.cli.shell import boundary
from dslm.cli.workflows import check, import_cases, init, show
from dslm.contract import load_contract
from dslm.curation.imports.command_line_inputs import given_rows
from dslm.curation.sources.daft_engine import Engine
from dslm.settings.workspace import NAME, workspace
from support.curation.source_files import write_samples
from support.faults import fuzzed_bytes as odd
from support.repositories.small_repository import CONTRACT, make_repository, write_lines

LONGEST = 10  # seconds; what takes longer hangs
WHOLE_CURATION = 0.02  # the share of curations that go to the end, by Daft, at half a second each
WAIVERS = """\
waivers:
  - {check: right, until: "2030-12-31", reason: known, signed_off_by: ann, gold: "sha256:0",
     candidate: "sha256:0"}
"""
REVIEW = """\
id,field,label,suggested,score,reason,input,verdict
s-1,kind,order,other,0.9,said otherwise,text,keep
s-2,number,A-2,A-3,0.8,said otherwise,text,fix:A-3
s-3,kind,order,other,0.7,said otherwise,text,drop
"""
NAMES = [
    "sample",
    "a b",
    "caf\udce9",
    "é",
    "-",
    ".x",
    "x" * 240,
    "s*",
    "[s]",
    "new\nline",
    "\x1b[2J",
]
SPECIALS = ["folder", "fifo", "loop", "dangling", "device", "gone", "empty"]


class HangError(BaseException):
    """A command that took too long."""


@dataclass
class Outcome:
    """What came of one seed."""

    seed: int
    command: str
    broken: str
    code: int
    wrong: list[str] = field(default_factory=list)
    trace: str = ""


def unlike_cases(count: int, prefix: str, draw: random.Random) -> list[dict[str, Any]]:
    """Labelled cases that do not resemble each other, in enough groups for every part."""
    made = []
    for number in range(count):
        words = ["".join(draw.choices("abdegilmnoprstu", k=draw.randint(3, 7))) for _ in range(9)]
        order = None if number % 5 == 0 else f"A-{number}"
        words.insert(draw.randrange(9), order or "thanks")
        target = {"kind": "order" if order else "other", "number": order}
        meta = {"language": "en" if number % 2 else "de", "sender": f"{prefix}{number % 30}"}
        made.append(
            {"id": f"{prefix}-{number}", "input": " ".join(words), "target": target, "meta": meta}
        )
    return made


class Fuzzer:
    """One repository, and inputs that break it."""

    def __init__(self, root: Path):
        self.ws = make_repository(root)
        draw = random.Random(5)
        self.source = self.ws.data / "sources" / "cases.jsonl"
        self.recipe = next(iter((root / "recipes").glob("smollm2-135m-lora-cpu.yaml")))
        write_lines(self.source, unlike_cases(60, "s", draw))
        write_lines(self.ws.gold, unlike_cases(20, "g", draw))
        self.ws.waivers.write_text("waivers: []\n")
        self.samples = write_samples(root / "samples")
        self.given = root / "given"
        self.whole = {path: path.read_bytes() for path in self._settings()}
        self.rows = self.source.read_bytes()
        os.environ["DSLM_ROOT"] = str(root)

    def _settings(self) -> list[Path]:
        ws = self.ws
        return [ws.contract, ws.policy, ws.waivers, ws.root / "params.yaml", self.recipe, ws.gold,
                self.source, ws.champion]  # fmt: skip

    def run(self, seed: int) -> Outcome:
        """Break something, run a command, look at what came of it, put everything back."""
        draw = random.Random(f"dslm fuzz {seed}")
        command = draw.choices(
            ["init", "import", "check", "curate", "predict"], weights=[2, 3, 6, 4, 2]
        )[0]
        tried = getattr(self, f"_{command}")
        try:
            outcome: Outcome = tried(draw, Outcome(seed, command, "", 0))
        finally:
            self._put_back()
        if outcome.code not in {0, 2}:
            outcome.wrong.append(f"exit code {outcome.code}")
        return outcome

    def _put_back(self) -> None:
        ws = self.ws
        for path in (ws.data, ws.eval, ws.champion.parent, ws.root / "recipes"):
            for left in path.iterdir():
                if left not in self.whole and left.suffix not in {".yaml"} and left.is_symlink():
                    left.unlink()
        for path, data in self.whole.items():
            if path.is_symlink() or not path.is_file() or path.read_bytes() != data:
                _remove(path)
                path.write_bytes(data)
        for path in (self.given, ws.review, ws.data / "sources" / "imported.jsonl",
                     ws.data / "sources" / "more", ws.root / "out.jsonl", ws.root / ".dslm",
                     ws.artifacts, *ws.root.glob("*/fz")):  # fmt: skip
            _remove(path)
        for path in (self.source.parent).iterdir():
            if path not in self.whole:
                _remove(path)

    # --- what is broken ---------------------------------------------------------------------------

    def _sample(self, draw: random.Random) -> tuple[Path, str]:
        """A file or folder to hand over, broken in some way or not at all."""
        kind = draw.choice([*self.samples, ".jsonl", ".jsonl", ".jsonl"])
        data = self.rows if kind == ".jsonl" else self.samples[kind].read_bytes()
        self.given.mkdir()
        if kind in {".eml", ".vtt", ".srt", ".txt", ".mbox"}:
            return self._texts(draw, kind, data), kind
        path = self.given / f"{draw.choice(NAMES) if draw.random() < 0.2 else 'sample'}{kind}"
        how = _break(draw, path, data, kind)
        return path, f"{kind} {how}"

    def _texts(self, draw: random.Random, kind: str, data: bytes) -> Path:
        """A folder of texts with labels beside them, or one mailbox."""
        folder = self.given / "texts"
        shutil.copytree(self.samples[kind].parent, folder)
        files = sorted(folder.iterdir())
        path = draw.choice(files)
        broken = path.read_bytes()
        _remove(path)
        _break(draw, path, broken, path.suffix)
        return folder

    def _setting(self, draw: random.Random) -> str:
        """Break one file of the repository."""
        ws = self.ws
        path = draw.choice([ws.contract] * 8 + [ws.policy] * 3 + [ws.gold] * 5 + [self.source] * 4
                           + [ws.waivers, ws.root / "params.yaml", self.recipe, ws.champion,
                              ws.review])  # fmt: skip
        if path == ws.contract and draw.random() < 0.6:
            _remove(path)
            path.write_bytes(self._contract(draw))
            return "contract schema"
        data = {ws.waivers: WAIVERS.encode(), ws.review: REVIEW.encode()}.get(path)
        data = data or self.whole[path]
        how = _break(draw, path, data, path.suffix)
        return f"{path.name} {how}"

    def _contract(self, draw: random.Random) -> bytes:
        """A contract with an odd schema, rule, comparison or source."""
        from ruamel.yaml import YAML

        document: Any = YAML(typ="safe").load(CONTRACT)
        output = document["output"]
        match draw.randrange(9):
            case 0:
                document["output"] = draw.choice(odd.SCHEMAS)
            case 1 | 2 | 3:
                name = draw.choice(["kind", "number", "extra"])
                output["properties"][name] = draw.choice(odd.SCHEMAS)
                if draw.random() < 0.5:
                    output["required"] = list(output["properties"])
            case 4 | 5:
                document["rules"][0]["expr"] = draw.choice(odd.EXPRESSIONS)
            case 6:
                document["data"]["sources"][0] |= {
                    draw.choice(["path", "encoding", "licence", "columns"]): odd.pick(draw)
                }
            case 7:
                document["compare"]["number"] = draw.choice(
                    [{"as": how} for how in ("text", "number", "date", "exact", "set", "money", 1)]
                )
            case _:
                document = odd.changed(draw, document, lambda: odd.pick(draw))
        return odd.raw(odd.as_text(draw, document))

    def _be_lenient(self, contract: str) -> None:
        """Go on whatever is rejected, so that rows are counted and not the whole file refused."""
        _remove(self.ws.contract)
        self.ws.contract.write_text(f"{contract}  max_rejects: 0.95\n")

    # --- what is run ------------------------------------------------------------------------------

    def _init(self, draw: random.Random, outcome: Outcome) -> Outcome:
        sample, outcome.broken = self._sample(draw)
        options: dict[str, Any] = {"input_key": None, "target": None, "group_by": None,
                                   "gold_share": 0.2}  # fmt: skip
        if draw.random() < 0.3:
            options["group_by"] = draw.choice(["sender", "kind", "language", *odd.TEXTS])
        if draw.random() < 0.1:
            options["input_key"] = draw.choice(odd.TEXTS)
            options["target"] = draw.sample(odd.TEXTS, 2)
        if draw.random() < 0.1:
            options["gold_share"] = draw.choice([0.0, 1.0, -1.0, float("nan"), 1e-9, 0.999999])
        before = (self.ws.root / "params.yaml").read_bytes()
        faulty = [text for text in odd.TEXTS if not NAME.match(text)]
        name = "fz" if draw.random() < 0.97 else draw.choice(faulty)
        out = self._call(draw, outcome, lambda j: init.init(name, sample, as_json=j, **options))
        there = list(self.ws.root.glob("*/fz"))
        left = list((self.ws.root / ".dslm").glob("*.partial"))
        if left:
            outcome.wrong.append(f"left half-made: {left}")
        if outcome.code == 0 and len(there) != 3:
            outcome.wrong.append(f"only part was made: {there}")
        if outcome.code and (there or before != (self.ws.root / "params.yaml").read_bytes()):
            outcome.wrong.append(f"failed, and wrote {there}")
        if out is not None:
            rows = sum(1 for _ in given_rows(sample))
            told = out["sources"] + out["gold"] + out["duplicates_left_out"]
            if rows != told:
                outcome.wrong.append(f"{rows} rows read, {told} told of")
        return outcome

    def _import(self, draw: random.Random, outcome: Outcome) -> Outcome:
        sample, outcome.broken = self._sample(draw)
        if draw.random() < 0.2:
            outcome.broken += ", " + self._setting(draw)
        elif draw.random() < 0.7:
            self._be_lenient(CONTRACT)
        group = draw.choice([*[None] * 200, *["meta.sender", "target.kind"] * 10, *odd.TEXTS])
        share = draw.choice([*[0.2] * 20, 0.5, 0.0, float("nan")])
        before = _bytes_of(self.ws.gold)
        options: dict[str, Any] = {"gold_share": share, "group_by": group, "overwrite": True}
        out = self._call(
            draw, outcome, lambda j: import_cases.import_cases("mini", sample, as_json=j, **options)
        )
        made = self.ws.data / "sources" / "imported.jsonl"
        if outcome.code and (made.exists() or _bytes_of(self.ws.gold) != before):
            outcome.wrong.append("failed, and wrote")
        if out is not None:
            told = out["sources"] + out["gold"] + len(out["rejects"]) + len(out["dropped"])
            rows = sum(1 for _ in given_rows(sample))
            if not out["read"] == told == rows:
                outcome.wrong.append(f"{rows} rows, {out['read']} read, {told} told of")
            for path, count in ((made, out["sources"]), (self.ws.gold, out["gold"])):
                if len(path.read_bytes().splitlines()) != count:
                    outcome.wrong.append(f"{path.name} has not {count} rows")
        return outcome

    def _check(self, draw: random.Random, outcome: Outcome) -> Outcome:
        outcome.broken = self._setting(draw)
        if draw.random() < 0.1:
            outcome.broken += ", " + self._setting(draw)
        self._call(draw, outcome, lambda j: check.check(["mini"], as_json=j))
        if outcome.code == 0:  # what is sound can be shown, and asked of a model
            self._call(draw, outcome, lambda j: self._shown(as_json=j))
        return outcome

    def _shown(self, *, as_json: bool) -> None:
        from dslm.cases import read_labelled
        from dslm.inference.prompts.few_shot_examples import baseline_examples
        from dslm.inference.prompts.prompt import baseline_prompt, tuned_prompt

        show.contract("mini", as_json=as_json)
        contract = load_contract(self.ws.contract)
        gold = read_labelled(self.ws.gold, contract)
        tuned_prompt(contract).messages(gold[0].input)
        baseline_prompt(contract, baseline_examples(contract, gold, 3)).messages(gold[0].input)

    def _curate(self, draw: random.Random, outcome: Outcome) -> Outcome:
        if draw.random() < 0.6:
            self.source.unlink()
            sample, outcome.broken = self._sample(draw)
            if draw.random() < 0.9:
                with contextlib.suppress(OSError):  # it is gone, or was never written
                    sample.rename(self.source.parent / sample.name)
            files = "sources/**" if sample.is_dir() else "sources/*"
            self._be_lenient(CONTRACT.replace("sources/*.jsonl", files))
        else:
            outcome.broken = self._setting(draw)
        whole = draw.random() < WHOLE_CURATION
        self._call(draw, outcome, lambda _: self._curated(outcome, whole=whole))
        return outcome

    def _curated(self, outcome: Outcome, *, whole: bool) -> None:
        """The library calls of the curate stage that need no tokenizer."""
        from dslm.cases import read_labelled
        from dslm.curation.case_rows import CaseRows
        from dslm.curation.filters.filter_order import filters_of
        from dslm.curation.labels.review_decisions import read_decisions
        from dslm.curation.pipeline import curate
        from dslm.curation.sources.source_chunks import chunks_of, files_of
        from dslm.curation.sources.source_table import RowReader
        from dslm.settings.gate_policy import load_policy

        ws = workspace("mini")
        contract = load_contract(ws.contract)
        load_policy(ws.policy)
        gold = read_labelled(ws.gold, contract)
        if whole:
            folder = ws.root / ".dslm" / "curated"
            ledger = curate(contract, ws.data, gold, folder, Engine(workers=1), ws.review).ledger
            kept = sum(ledger.kept.values()) + len(ledger.drops) + len(ledger.rejects)
            read = sum(one.read for one in ledger.sources.values())
            if kept != read:
                outcome.wrong.append(f"{read} rows read, {kept} told of")
            return
        verdicts = read_decisions(ws.review, contract)
        files = files_of(contract.data.sources, ws.data)
        pieces = chunks_of(files)
        rows_of = CaseRows(contract, filters_of(contract, gold, verdicts), verdicts)
        reader = RowReader(contract, pieces, rows_of)
        for number, piece in enumerate(pieces):
            rows = reader.rows(number)
            there = sum(
                1 for f in piece.files for _ in f.kind.rows(f.path, piece.part, f.source.encoding)
            )
            if there != len(rows):
                outcome.wrong.append(f"{there} rows in a piece, {len(rows)} told of")
            for row in rows:
                json.dumps(row, ensure_ascii=False).encode()  # can be written

    def _predict(self, draw: random.Random, outcome: Outcome) -> Outcome:
        from dslm.inference.batch_prediction import read_asked

        self.given.mkdir()
        source, out = self.given / "in.jsonl", self.ws.root / "out.jsonl"
        outcome.broken = _break(draw, source, self.rows, ".jsonl")
        if source.is_fifo():  # may be read, and is waited for
            source.unlink()
        if draw.random() < 0.5:
            lines = [{"id": f"s-{n}", "object": None, "action": "abstain"} for n in range(9)]
            answers = "".join(json.dumps(line) + "\n" for line in lines).encode()
            outcome.broken += ", out " + _break(draw, out, answers, ".jsonl")

        def asked() -> None:
            found = read_asked(source, out)
            if len(found.waiting) + len(found.actions) != len(_lines_of(source)):
                outcome.wrong.append("a case is lost")

        self._call(draw, outcome, lambda _: asked())
        return outcome

    def _call(
        self, draw: random.Random, outcome: Outcome, command: Callable[[bool], None]
    ) -> dict[str, Any] | None:
        """Run a command inside the boundary; gives what it wrote as JSON, if it was asked to."""
        as_json = draw.random() < 0.5
        told = {name: io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for name in ("out", "err")}

        def function() -> int | None:
            try:
                with _limited():
                    command(as_json)
            except typer.Exit as ended:
                return ended.exit_code
            except BaseException:
                outcome.trace = traceback.format_exc()
                raise
            return None

        with contextlib.redirect_stdout(told["out"]), contextlib.redirect_stderr(told["err"]):
            outcome.code = boundary.run(function, as_json=as_json)
        out, err = (stream.buffer.getvalue().decode() for stream in told.values())  # type: ignore[attr-defined]
        if "Traceback" in err:
            outcome.wrong.append("a traceback")
        if outcome.code == 2 and not (out + err).strip():
            outcome.wrong.append("nothing was said")
        if outcome.code == 2 and as_json and not out and not _is_error(err):
            outcome.wrong.append("the error is no JSON")
        return json.loads(out) if out and as_json else None


def _break(draw: random.Random, path: Path, data: bytes, kind: str) -> str:
    """Write a file that is broken in some way in place of what is there; says in which way."""
    _remove(path)  # one that was broken before may be a pipe by now
    how = draw.choices(["bytes", "values", "special", "encoding", "whole"], [5, 9, 1, 1, 2])[0]
    if how == "special":
        return _special(path, draw.choice(SPECIALS))
    if how == "encoding":
        data = odd.encoded_anew(draw, data)
    elif how == "values" and kind in {".jsonl", ".json"}:
        data = odd.changed_lines(draw, data)
    elif how == "values" and kind in {".yaml", ".yml"}:
        data = odd.changed_yaml(draw, data)
    elif how != "whole":
        data = odd.changed_bytes(draw, data)
    try:
        path.write_bytes(data)
    except OSError as error:  # a name that this disk does not take
        return f"not written: {error.strerror}"
    return how


def _special(path: Path, kind: str) -> str:
    """Something else in place of a file."""
    _remove(path)
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "loop":
            path.symlink_to(path)
        case "dangling":
            path.symlink_to(path.with_name("none"))
        case "device":
            path.symlink_to("/dev/zero")
        case "empty":
            path.write_bytes(b"")
    return kind


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _bytes_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _lines_of(path: Path) -> list[bytes]:
    return [line for line in path.read_bytes().splitlines() if line.strip()]


def _is_error(text: str) -> bool:
    lines = [line for line in text.split("\n") if line.startswith("{")]
    return bool(lines) and json.loads(lines[-1])["error"]["exit_code"] == 2


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """Raise where the block hangs."""

    def handle(_: int, __: FrameType | None) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, handle)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def make_fuzzer(root: Path) -> Fuzzer:
    """A fuzzer in an empty folder."""
    return Fuzzer(root)
