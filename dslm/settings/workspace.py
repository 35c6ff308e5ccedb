"""Where everything lies in a repository. The only place that spells these paths."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from dslm.errors import InputError
from dslm.settings.loading import nearest
from dslm.settings.regular_files import is_there

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
OF_WORKFLOWS = frozenset({"artifacts", "eval", "data", "registry", "checkpoints"})


@dataclass(frozen=True)
class Workspace:
    """The paths of one workflow in one repository."""

    root: Path
    workflow: str

    @property
    def data(self) -> Path:
        """Contract and sources."""
        return self.root / "data" / self.workflow

    @property
    def contract(self) -> Path:
        """The contract."""
        return self.data / "workflow.yaml"

    @property
    def review(self) -> Path:
        """What people said of suspect labels; curation obeys it."""
        return self.data / "review.csv"

    @property
    def eval(self) -> Path:
        """Gold set, gate policy and results."""
        return self.root / "eval" / self.workflow

    @property
    def gold(self) -> Path:
        """The frozen gold set."""
        return self.eval / "gold.jsonl"

    @property
    def gold_review(self) -> Path:
        """What people said of suspect labels of gold; obeyed only where they ask for it."""
        return self.eval / "gold-review.csv"

    @property
    def policy(self) -> Path:
        """The gate policy."""
        return self.eval / "gate.yaml"

    @property
    def waivers(self) -> Path:
        """Dated, signed-off exceptions to the gate policy."""
        return self.eval / "waivers.yaml"

    @property
    def results(self) -> Path:
        """Git-tracked results: scorecard.json, gate.json, gate.md."""
        return self.eval / "results"

    @property
    def looks(self) -> Path:
        """Git-tracked ledger of looks at gold; an experiment's are its repository's."""
        return origin(self.root) / "eval" / self.workflow / "looks"

    @property
    def artifacts(self) -> Path:
        """Run-time outputs, cached by DVC."""
        return self.root / "artifacts" / self.workflow

    @property
    def curated(self) -> Path:
        """train.jsonl, validation.jsonl, calibration.jsonl, ledger.json."""
        return self.artifacts / "curated"

    @property
    def data_card(self) -> Path:
        """What the data is, in numbers."""
        return self.artifacts / "data-card.json"

    @property
    def data_page(self) -> Path:
        """The same for people."""
        return self.artifacts / "data-card.html"

    @property
    def adapter(self) -> Path:
        """LoRA weights and training.json."""
        return self.artifacts / "adapter"

    @property
    def calibration(self) -> Path:
        """The threshold, and how it was found."""
        return self.artifacts / "calibration.json"

    @property
    def training_run(self) -> Path:
        """What the last training cost: clocks and memory, so no part of the adapter."""
        return self.artifacts / "training-run.json"

    @property
    def checkpoints(self) -> Path:
        """Of a training that goes on; outside DVC's outs, which are emptied before a stage runs."""
        return self.root / ".dslm" / "checkpoints" / self.workflow

    def scores(self, model: str) -> Path:
        """Per-case rows of one model over gold."""
        return self.artifacts / "scores" / model

    def scored_by(self, model: str) -> str:
        """The command that makes those rows, for a message's next step."""
        stages = {
            "calibration": "calibrate", "candidate": "score", "anchor": "score_champion",
            "base_calibration": "score_base",
        }  # fmt: skip
        return stage_command(stages.get(model, f"score_{model}"), self.workflow)

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.artifacts / "report.html"

    @property
    def raw_report(self) -> Path:
        """The HTML report with personal values as they are, where somebody asked for it."""
        return self.artifacts / "report-raw.html"

    @property
    def registry(self) -> Path:
        """Receipts of registration and promotion."""
        return self.root / "registry" / self.workflow

    @property
    def receipt(self) -> Path:
        """Receipt of the newest registration."""
        return self.registry / "release.json"

    def card(self, run_id: str) -> Path:
        """The model card of a registration, where the registry is this repository's own."""
        run = self.root / ".mlflow" / "artifacts" / self.workflow / run_id
        return run / "artifacts" / "release" / "card.md"

    @property
    def champion(self) -> Path:
        """The version that serves, as of the last promotion or rollback."""
        return self.registry / "champion.json"

    @property
    def journal_copy(self) -> Path:
        """Every move of the champion as of the last one: what a lost registry is restored from."""
        return self.registry / "journal.jsonl"

    @property
    def promotion(self) -> Path:
        """A signed statement of that promotion or rollback, where there was a key for it."""
        return self.registry / "promotion.dsse.json"

    @property
    def drill(self) -> Path:
        """What the last drill of a rollback found."""
        return self.registry / "drill.json"

    @property
    def drill_statement(self) -> Path:
        """A signed statement of that drill, where there was a key for it."""
        return self.registry / "drill.dsse.json"

    @property
    def terms(self) -> Path:
        """What the version that serves was held to, as of the same move."""
        return self.registry / "terms.json"

    @property
    def terms_before(self) -> Path:
        """What the version was held to that the one which serves was compared with."""
        return self.registry / "terms-before.json"

    @property
    def baseline(self) -> Path:
        """The release the candidate is compared with."""
        return self.artifacts / "baseline.json"

    @property
    def lock(self) -> Path:
        """The lock file of installed packages."""
        return self.root / "requirements.lock"


def stage_command(stage: str, of: str | Path) -> str:
    """The command that runs a stage again with what it needs, for a message's next step.

    Args:
        stage: A stage of `dvc.yaml`, or `register`, which runs on request alone.
        of: The workflow, or a file of it: one in `artifacts/W`, `eval/W`, `data/W`, `registry/W`.
            Of a file elsewhere, as in a release that was fetched, nobody can say the workflow.
    """
    workflow = of if isinstance(of, str) else _workflow_of(of)
    if stage == "register":
        return f"`make release W={workflow}`"
    return f"`dvc repro {stage}@{workflow}`"


def _workflow_of(path: Path) -> str:
    for folder, inside in zip(path.parts[::-1][1:], path.parts[::-1], strict=False):
        if folder in OF_WORKFLOWS and NAME.match(inside):
            return inside
    return "WORKFLOW"


def find_root(start: Path | None = None) -> Path:
    """The repository: the nearest folder upwards with a `params.yaml`.

    `DSLM_ROOT` overrides the search.
    """
    given = os.environ.get("DSLM_ROOT")
    try:
        here = Path(given or start or Path.cwd()).resolve()
    except FileNotFoundError:
        raise InputError("the folder that this runs in is not there any more", where=".",
                         fix="go into the repository") from None  # fmt: skip
    if given:
        return here
    for folder in (here, *here.parents):
        if is_there(folder / "params.yaml"):
            return folder
    raise InputError("no params.yaml here or above", where=here, fix="go into the repository")


def origin(root: Path) -> Path:
    """The repository that an experiment of DVC's was started from; any other root is its own.

    A queued experiment runs in a copy of what git has (`.dvc/tmp/exps/…`), without `.mlflow/` and
    without folders that git ignores. DVC names the repository itself in `DVC_ROOT`.
    """
    started = Path(os.environ.get("DVC_ROOT") or root).resolve()
    return started if (started / ".dvc" / "tmp") in root.resolve().parents else root


def workspace(workflow: str, root: Path | None = None) -> Workspace:
    """The workspace of an existing workflow.

    Raises:
        InputError: No such workflow; names the nearest one.
    """
    root = root or find_root()
    found = Workspace(root, workflow)
    if NAME.match(workflow) and is_there(found.contract):
        return found
    known = sorted(p.parent.name for p in root.glob("data/*/workflow.yaml"))
    near = nearest(workflow, known)
    fix = f"did you mean {near!r}?" if near else f"known: {', '.join(known) or 'none'}"
    raise InputError(f"no workflow {workflow!r}", where=root / "data", fix=fix)


def refuse_other_name(ws: Workspace, named: str) -> None:
    """Refuse a contract that is called otherwise than its folder.

    What is judged by it bears its name: a verdict would be told as another workflow's.

    Raises:
        InputError: It is.
    """
    if named != ws.workflow:
        raise InputError(f"the contract is called {named!r}", where=ws.contract,
                         fix=f"call it {ws.workflow!r}, as its folder")  # fmt: skip
