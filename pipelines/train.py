"""Train: curated cases and a recipe → a LoRA adapter, recorded as an MLflow run."""

import json
from dataclasses import asdict

from dslm.cases import read_labelled
from dslm.cli.shell.stage_entry import stage_main
from dslm.contract import load_contract
from dslm.contract.answers.canonical_answer import refuse_undecodable
from dslm.evidence import data_digest
from dslm.provenance import write_atomic
from dslm.settings.params import recipe_of
from dslm.settings.workspace import Workspace
from dslm.stage import leading, whole_folder


def body(ws: Workspace) -> None:
    """Train, seal, record."""
    from dslm.inference.base_models.base_locks import locate_locked
    from dslm.inference.base_models.model_loading import device
    from dslm.releasing.registry.mlflow_tracking import log_training
    from dslm.releasing.registry.system_metrics import sampled
    from dslm.training.checkpoints.checkpoint_files import Checkpoints, surroundings
    from dslm.training.distributed import count
    from dslm.training.run.training_run import train

    contract, recipe = load_contract(ws.contract), recipe_of(ws)
    refuse_undecodable(contract)
    files = locate_locked(recipe.base, ws.root)
    cases = read_labelled(ws.curated / "train.jsonl", contract)
    validation = read_labelled(ws.curated / "validation.jsonl", contract)
    inputs = files.digests() | {"data": data_digest(ws.curated), "recipe": recipe.digest()}
    bound = inputs | {"contract": contract.digest()} | surroundings(device())
    checkpoints = Checkpoints(ws.checkpoints, bound, processes=count())
    with whole_folder(ws.adapter, inputs) as folder, sampled() as samples:
        summary, measured = train(contract, recipe, files, cases, validation, folder, checkpoints)
    if not leading():
        return
    write_atomic(ws.training_run, json.dumps(asdict(measured), indent=2) + "\n")
    curves = [("loss", step, loss) for step, loss in summary.losses]
    curves += [("validation_loss", step, loss) for step, loss in summary.validation_losses]
    curves += [("speed", step, speed) for step, speed in measured.speeds]
    params, tags = recipe.model_dump(mode="json"), inputs | measured.words()
    log_training(ws.root, ws.workflow, params, measured.metrics(), tags, curves, samples)
    checkpoints.clear()
    print(
        f"train {ws.workflow}: {summary.steps} steps, loss {summary.losses[-1][1]:.3f}, "
        f"{measured.in_words()}"
    )


if __name__ == "__main__":
    stage_main("train", __doc__, body)
