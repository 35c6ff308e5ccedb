"""Whether a model that learnt from surrogates answers as well as one that learnt from originals.

    python tests/bench/surrogate_training.py --work FOLDER [--cases 1000] [--seeds 17 18 19]
        [--texts original surrogate] [--out FILE.json]

The sources of the example workflow are curated twice, with the supplier's name, the document's
number, e-mail addresses, IBANs and telephone numbers declared personal: once in mode `surrogate`,
once in mode `keep`. Both train the embedded base with the example's recipe on those cases that both
curations kept, of which the ones with the lowest hashes of their ids are taken. So two runs of one
seed see the same cases in the same order, and differ in the values alone.

The fair comparison is on gold **as it is**: in service inputs come as they are, whatever was
trained on, and the gate scores them so. Both also answer the surrogates of gold: a model that is
worse on the originals alone learnt the manner of surrogates, one that is worse on both learnt less.

Differences are paired by case and averaged over the seeds; their 95 % interval takes the groups
(suppliers) as what was drawn: Student's t over the sums of groups. What two seeds of one mode
differ by stands beside it. Finished trainings and answers in FOLDER are taken over. Needs the base
model (`dslm base prepare`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import platform
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import dslm  # noqa: F401  sets the environment before torch is imported
from dslm.cases import read_labelled
from dslm.contract import Contract, load_contract
from dslm.contract.model.personal_fields import Personal
from dslm.inference.base_models.base_files import BaseFiles, locate
from dslm.records import Case
from dslm.settings.recipe import Recipe, load_recipe

MODES = ("keep", "surrogate")
TEXTS = ("original", "surrogate")
PERSONAL: dict[str, Any] = {
    "kinds": ["email", "iban", "phone"], "regions": ["DE", "FR", "GB"],
    "fields": {"target.supplier": "company", "target.number": "id"},
}  # fmt: skip
VALIDATION = 24
Scores = Mapping[str, Sequence[str]]  # case → its wrong fields, of one model on one kind of text


def contract_in(mode: str, root: Path) -> Contract:
    """The example's contract with personal data declared, in one mode."""
    contract = load_contract(root / "data/invoice_intake/workflow.yaml")
    asked = PERSONAL | {"mode": mode, "demonstration_key": mode == "surrogate"}
    personal = Personal.model_validate(asked)
    return contract.model_copy(
        update={"data": contract.data.model_copy(update={"personal": personal})}
    )


def curated(contract: Contract, root: Path, gold: Sequence[Case], out: Path) -> Path:
    """What curation writes, made once."""
    from dslm.curation.pipeline import curate
    from dslm.curation.sources.daft_engine import Engine

    if not (out / "ledger.json").is_file():
        out.mkdir(parents=True)
        curate(contract, root / "data/invoice_intake", gold, out, Engine(workers=1))
    return out


def shared(folders: Mapping[str, Path], split: str, contracts: Mapping[str, Contract], most: int
           ) -> dict[str, list[Case]]:  # fmt: skip
    """By mode the same cases, in one order."""
    read = {mode: {case.id: case for case in read_labelled(folder / f"{split}.jsonl",
                                                           contracts[mode])}
            for mode, folder in folders.items()}  # fmt: skip
    both = set.intersection(*(set(cases) for cases in read.values()))
    chosen = sorted(both, key=lambda case: hashlib.sha256(case.encode()).hexdigest())[:most]
    return {mode: [cases[one] for one in chosen] for mode, cases in read.items()}


def trained(
    contract: Contract, recipe: Recipe, files: BaseFiles, cases: Sequence[Case],
    validation: Sequence[Case], out: Path,
) -> dict[str, Any]:  # fmt: skip
    """An adapter in `out`, trained once, and how that went."""
    from dslm.provenance import write_manifest
    from dslm.training.run.training_run import train

    told = out.with_suffix(".json")
    if not told.is_file():
        out.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        summary, _ = train(contract, recipe, files, cases, validation, out)
        inputs = files.digests() | {"data": contract.digest(), "recipe": recipe.digest()}
        write_manifest(out, inputs)
        told.write_text(json.dumps({
            "steps": summary.steps, "seconds": round(time.monotonic() - started),
            "validation_loss": round(summary.validation_losses[-1][1], 4),
        }))  # fmt: skip
    found: dict[str, Any] = json.loads(told.read_text())
    return found


def answered(
    contract: Contract, recipe: Recipe, root: Path, adapter: Path, texts: Mapping[str, list[Case]],
) -> dict[str, Scores]:  # fmt: skip
    """The wrong fields of each answer, by kind of text; answered once."""
    from dslm.inference.decider import load_decider
    from dslm.inference.prompts.prompt import tuned_prompt
    from dslm.scoring.rows.scored_rows import make_rows

    found: dict[str, Scores] = {}
    decider = None
    for name, cases in texts.items():
        told = adapter.with_suffix(f".{name}-{len(cases)}.json")
        if not told.is_file():
            decider = decider or load_decider(contract, recipe, tuned_prompt(contract), root=root,
                                              adapter=adapter, threshold=0.0)  # fmt: skip
            predictions = decider.predict([case.input for case in cases])
            rows = make_rows(contract, cases, predictions, 0.0)
            told.write_text(json.dumps({
                row.id: ["no valid answer"] if row.prediction.object is None
                else list(row.outcome.wrong_fields) for row in rows
            }))  # fmt: skip
        found[name] = json.loads(told.read_text())
    return found


def exact(scores: Scores) -> dict[str, float]:
    """1 for a case that is right in every field."""
    return {case: float(not wrong) for case, wrong in scores.items()}


def paired(mine: Mapping[str, float], theirs: Mapping[str, float], groups: Mapping[str, str]
           ) -> dict[str, float]:  # fmt: skip
    """The mean difference by case with its 95 % interval over groups."""
    from scipy.special import stdtrit

    differences = {case: mine[case] - theirs[case] for case in mine}
    mean = sum(differences.values()) / len(differences)
    residuals: defaultdict[str, float] = defaultdict(float)
    for case, difference in differences.items():
        residuals[groups[case]] += (difference - mean) / len(differences)
    count = len(residuals)
    variance = sum(one**2 for one in residuals.values()) * count / (count - 1)
    half = float(stdtrit(count - 1, 0.975)) * math.sqrt(variance)
    return {"difference": round(mean, 4), "low": round(mean - half, 4),
            "high": round(mean + half, 4)}  # fmt: skip


def averaged(many: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of several scores, case by case."""
    return {case: sum(one[case] for one in many) / len(many) for case in many[0]}


def compared(
    found: Mapping[str, Mapping[int, Mapping[str, Scores]]], groups: Mapping[str, str]
) -> dict[str, Any]:
    """Everything that is told of the answers: mode → seed → kind of text → scores."""
    table: dict[str, Any] = {}
    for text in next(iter(next(iter(found.values())).values())):
        right = {mode: {seed: exact(of[text]) for seed, of in seeds.items()}
                 for mode, seeds in found.items()}  # fmt: skip
        fields = {mode: {field: round(1 - sum(field in wrong or "no valid answer" in wrong
                                              for of in seeds.values()
                                              for wrong in of[text].values())
                                      / (len(groups) * len(seeds)), 4)
                         for field in ("supplier", "number")}
                  for mode, seeds in found.items()}  # fmt: skip
        table[f"{text} texts"] = {
            "exact_match": {mode: {str(seed): round(sum(cases.values()) / len(cases), 4)
                                   for seed, cases in seeds.items()}
                            for mode, seeds in right.items()},
            "right_in_personal_fields": fields,
            "surrogate_minus_keep": paired(
                averaged(list(right["surrogate"].values())),
                averaged(list(right["keep"].values())), groups),
            "one_seed_minus_another": {
                mode: {f"{a} - {b}": paired(seeds[a], seeds[b], groups)
                       for a, b in combinations(seeds, 2)}
                for mode, seeds in right.items()},
        }  # fmt: skip
    return table


def write_result(
    asked: argparse.Namespace, root: Path, contracts: Mapping[str, Contract],
    gold: Sequence[Case], cases: Mapping[str, Sequence[Case]], training: Mapping[str, Any],
    adapters: Mapping[tuple[str, int], tuple[Recipe, Path]],
) -> None:  # fmt: skip
    """Let every model answer both kinds of texts, and tell how they differ."""
    import torch

    from dslm.curation.personal.gold_with_surrogates import gold_with_surrogates

    showing = gold_with_surrogates(contracts["surrogate"], gold, {})
    chosen = sorted(gold, key=lambda case: hashlib.sha256(case.id.encode()).hexdigest())
    originals = chosen[: asked.gold]
    both = {"original": originals, "surrogate": [showing.case(case) for case in originals]}
    texts = {name: both[name] for name in asked.texts}
    found: dict[str, dict[int, dict[str, Scores]]] = {mode: {} for mode in MODES}
    for (mode, seed), (recipe, adapter) in adapters.items():
        found[mode][seed] = answered(contracts[mode], recipe, root, adapter, texts)
    groups = {case.id: str(case.meta["supplier_id"]) for case in originals}
    changed = sum(old.input != new.input for old, new in zip(*both.values(), strict=True))
    flags = f"--cases {asked.cases} --gold {asked.gold} --seeds {' '.join(map(str, asked.seeds))}"
    flags += "" if tuple(asked.texts) == TEXTS else f" --texts {' '.join(asked.texts)}"
    flags += f" --epochs {asked.epochs}" if asked.epochs else ""
    result = {
        "command": f"python tests/bench/surrogate_training.py --work FOLDER {flags}",
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, {torch.__version__}",
        "cases": len(cases["keep"]),
        "cases_that_differ": sum(old.input != new.input for old, new
                                 in zip(cases["keep"], cases["surrogate"], strict=True)),
        "gold": len(groups), "gold_groups": len(set(groups.values())),
        "gold_texts_that_differ": changed,
        "training": training,
        **compared(found, groups),
    }  # fmt: skip
    text = json.dumps(result, indent=2)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n")


def main() -> None:
    """Curate, train, answer, compare, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--gold", type=int, default=1000)
    parser.add_argument("--epochs", type=float)
    parser.add_argument("--texts", nargs="+", choices=TEXTS, default=list(TEXTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[17, 18, 19])
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    import torch

    options = {"cases": asked.cases, "epochs": asked.epochs}
    asked.work.mkdir(parents=True, exist_ok=True)
    noted = asked.work / "options.json"
    if noted.is_file() and json.loads(noted.read_text()) != options:
        parser.error(f"{asked.work} holds a run of {noted.read_text()}: take another folder")
    noted.write_text(json.dumps(options))
    root = Path.cwd()
    contracts = {mode: contract_in(mode, root) for mode in MODES}
    gold = read_labelled(root / "eval/invoice_intake/gold.jsonl", contracts["keep"])
    folders = {mode: curated(of, root, gold, asked.work / f"curated-{mode}")
               for mode, of in contracts.items()}  # fmt: skip
    cases = shared(folders, "train", contracts, asked.cases)
    validation = shared(folders, "validation", contracts, VALIDATION)
    recipe = load_recipe(root / "recipes/smollm2-135m-lora-cpu.yaml")
    files = locate(recipe.base, root)
    training: dict[str, Any] = {mode: {} for mode in MODES}
    adapters: dict[tuple[str, int], tuple[Recipe, Path]] = {}
    for seed in asked.seeds:
        plan = recipe.training.model_copy(update={
            "seed": seed, "threads": torch.get_num_threads(), "must_learn": None,
            "epochs": asked.epochs or recipe.training.epochs,
        })  # fmt: skip
        seeded = recipe.model_copy(update={"training": plan})
        for mode in MODES:
            out = asked.work / f"{mode}-{seed}"
            training[mode][str(seed)] = trained(
                contracts[mode], seeded, files, cases[mode], validation[mode], out)  # fmt: skip
            adapters[mode, seed] = seeded, out
    write_result(asked, root, contracts, gold, cases, training, adapters)


if __name__ == "__main__":
    main()
