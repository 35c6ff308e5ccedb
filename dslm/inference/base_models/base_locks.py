"""Locks of base models: the commit and the digest of every file, `recipes/locks/<name>.json`.

`dslm base lock` looks at a base once, writes its lock, and puts the lock's digest (and a hub
model's commit) into every recipe that names the base, so that DVC sees another base as another
recipe. Training, calibration and scoring refuse a hub model or folder without a lock, or with one
byte other than it says. A folder carried to a machine without a network works the same way: the
lock knows files, not where they came from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dslm.errors import InputError, Problems
from dslm.inference.base_models.base_config import refuse_unlike
from dslm.inference.base_models.base_files import BaseFiles, fetch, locate
from dslm.provenance import digest_json, write_atomic
from dslm.settings.files.document_loading import read_yaml
from dslm.settings.recipe import BaseModelSource, load_recipe
from dslm.settings.recipe_variants import yaml_text
from dslm.strict_json import strict_json

FOLDER = Path("recipes") / "locks"
# Where the hub's cache keeps one commit of one model.
SNAPSHOT = re.compile(r".*models--(?P<owner>[^/]+?)--(?P<model>[^/]+)/snapshots/(?P<commit>\w{40})")
MOST_NAMED = 5


@dataclass(frozen=True)
class Lock:
    """What a base was when it was locked.

    `files` has the SHA-256 digest and the size in bytes of each file that may be read, by its name.
    """

    base: str
    commit: str | None
    licence: str | None
    digests: Mapping[str, str]
    files: Mapping[str, Mapping[str, Any]]

    def digest(self) -> str:
        """Of the files alone: the same for a hub model and its copy in a folder."""
        return digest_json({name: facts["sha256"] for name, facts in self.files.items()})


def lock_path(root: Path, source: BaseModelSource) -> Path:
    """Where the lock of a base lies: named after the hub id, or after the folder."""
    name = source.hub or Path(source.folder or "").name
    if found := SNAPSHOT.fullmatch(Path(source.folder or "").as_posix()):
        name = f"{found['owner']}/{found['model']}"
    return root / FOLDER / f"{name.replace('/', '--')}.json"


def read_lock(path: Path) -> Lock:
    """A lock as it was written.

    Raises:
        InputError: It is missing, or is none.
    """
    try:
        return Lock(**strict_json(path.read_bytes()))
    except FileNotFoundError:
        raise InputError("no such lock", where=path, fix="restore it from git, or lock the base "
                         "again: `dslm base lock`") from None  # fmt: skip
    except (ValueError, TypeError) as error:
        raise InputError(f"is no lock ({error})", where=path, fix="restore it from git") from None


def locate_locked(source: BaseModelSource, root: Path) -> BaseFiles:
    """The files of a recipe's base model, proved against its lock; an embedded one needs none.

    Args:
        source: The recipe's `base`.
        root: The repository.

    Raises:
        InputError: The base is not locked, or is not what was locked: names each file.
    """
    if not source.embedded and not source.lock:
        raise InputError("the base is not locked", where=f"base {source.name}",
                         fix=source.way_to_lock())  # fmt: skip
    files = locate(source, root)
    if source.lock:
        lock = read_lock(path := lock_path(root, source))
        if lock.digest() != source.lock:
            raise InputError("is not the lock that the recipe names", where=path,
                             fix="restore it from git, or lock the base again")  # fmt: skip
        _require_same(files, lock)
    return files


def _require_same(files: BaseFiles, lock: Lock) -> None:
    wrong = []
    for name in sorted(files.files.keys() | lock.files.keys()):
        if files.files.get(name) == lock.files.get(name, {}).get("sha256"):
            continue
        what = "differs from what was locked"
        if name not in files.files:
            what = "was locked, and is missing"
        elif name not in lock.files:
            what = "was not there when the base was locked"
        wrong.append(InputError(what, where=files.folder / name,
                                fix=f"restore it, or lock {lock.base} again"))  # fmt: skip
    if wrong:
        raise Problems(wrong[:MOST_NAMED])


def lock_base(
    source: BaseModelSource, root: Path, *, online: bool = False, again: bool = False
) -> tuple[Path, Lock, list[Path]]:
    """Lock a base and pin it in every recipe that names it.

    Args:
        source: Of a recipe, or made from a hub id or a folder; a hub model without `revision` is
            the newest commit when online, else the one in the cache.
        root: The repository.
        online: Fetch a hub model; nothing is asked of a hub otherwise.
        again: Replace a lock that says something else.

    Returns:
        Where the lock lies, the lock, and the recipes that were changed.

    Raises:
        InputError: The base is not there or unsafe; or a lock or a recipe names another state of
            it and `again` is not set.
    """
    if source.hub:
        source = source.model_copy(update={"revision": _commit(source, online=online)})
    files = locate(source, root)
    refuse_unlike(files.folder)
    lock = _lock(source, files)
    path = lock_path(root, source)
    pins = [p for p in sorted((root / "recipes").glob("*.yaml")) if _names(p, source, root)]
    if not again:
        _refuse_other(path, lock, pins)
    write_atomic(path, json.dumps(asdict(lock), indent=2, sort_keys=True) + "\n")
    return path, lock, [p for p in pins if _pin(p, lock)]


def _commit(source: BaseModelSource, *, online: bool) -> str:
    if online:
        return fetch(source.hub or "", source.revision or "main").name
    return source.revision or _cached_commit(source.hub or "")


def _cached_commit(hub: str) -> str:
    """The commit of a hub model that the cache has."""
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE) / f"models--{hub.replace('/', '--')}"
    main = folder / "refs" / "main"
    if main.is_file():
        return main.read_text().strip()
    there = sorted(p.name for p in folder.glob("snapshots/*"))
    if len(there) == 1:
        return there[0]
    if there:
        raise InputError(f"the cache has {len(there)} commits of it", where=f"hub {hub}",
                         fix="name one: --revision COMMIT")  # fmt: skip
    raise InputError("not in the cache", where=f"hub {hub}", fix="add --online, which fetches it")


def _lock(source: BaseModelSource, files: BaseFiles) -> Lock:
    found = SNAPSHOT.fullmatch(files.folder.as_posix())
    base = f"{found['owner']}/{found['model']}" if found else source.name
    return Lock(
        base=base if source.hub or found else Path(source.name).name,
        commit=source.revision or (found["commit"] if found else None),
        licence=licence_of(files.folder),
        digests=files.digests(),
        files={
            name: {"sha256": digest, "size": (files.folder / name).stat().st_size}
            for name, digest in files.files.items()
        },
    )


def licence_of(folder: Path) -> str | None:
    """The licence that the model card's head names, else the config; None where neither does."""
    card = folder / "README.md"
    head = re.match(r"---\n(.*?)\n---", card.read_text(errors="replace"), re.DOTALL) \
        if card.is_file() else None  # fmt: skip
    found = re.search(r"(?m)^license:\s*['\"]?([\w.\-+ ]+)", head[1]) if head else None
    if found:
        return found[1].strip()
    named = strict_json((folder / "config.json").read_bytes(), infinite=True).get("license")
    return named if isinstance(named, str) else None


def _names(recipe: Path, source: BaseModelSource, root: Path) -> bool:
    base = load_recipe(recipe).base
    if source.hub:
        return base.hub == source.hub
    same = (
        base.folder and (root / base.folder).resolve() == (root / (source.folder or "")).resolve()
    )
    return bool(same)


def _refuse_other(path: Path, lock: Lock, recipes: list[Path]) -> None:
    fix = "add --again if the change is meant: what was trained on the old one goes stale"
    if path.is_file() and read_lock(path).digest() != lock.digest():
        raise InputError("locks other files", where=path, fix=fix)
    for recipe in recipes:
        base = load_recipe(recipe).base
        if base.lock not in (None, lock.digest()) or base.revision not in (None, lock.commit):
            raise InputError("names another state of the base", where=recipe, fix=fix)


def _pin(recipe: Path, lock: Lock) -> bool:
    """Write commit and lock into a recipe; whether that changed it."""
    document = read_yaml(recipe, to_edit=True)
    base = document["base"]
    wanted = {"lock": lock.digest()} | ({"revision": lock.commit} if "hub" in base else {})
    if all(base.get(key) == value for key, value in wanted.items()):
        return False
    base.update(dict(sorted(wanted.items(), reverse=True)))
    write_atomic(recipe, yaml_text(document))
    return True
