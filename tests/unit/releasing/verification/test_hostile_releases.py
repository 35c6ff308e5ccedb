"""Each hostile release is refused by name, or inert; nothing of it runs, reads or calls outside."""

from __future__ import annotations

import pickle
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.releases.hostile_releases import HOSTILE, Hostile, Place, seal_again
from support.releases.tiny_release import answered_release_of, make_candidate

from dslm.cases import read_records
from dslm.errors import DslmError
from dslm.records import Case, Row
from dslm.releasing.verification.verified_loading import Verified, load_verified

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[4]

NEVER = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
         "subprocess.Popen", "pty.spawn", "socket.connect", "socket.bind", "socket.getaddrinfo",
         "socket.sendto", "urllib.Request", "pickle.find_class")  # fmt: skip
# What Python and its libraries read of themselves and of the machine.
LIBRARIES = (sys.prefix, sys.base_prefix, str(ROOT), "/usr", "/lib", "/proc", "/sys", "/dev/null",
             "/dev/urandom")  # fmt: skip


class Watch:
    """What was done that no loading of a release may do."""

    def __init__(self) -> None:
        self.place: Place | None = None
        self.seen: list[str] = []
        sys.addaudithook(self._notice)

    @contextmanager
    def over(self, place: Place) -> Iterator[list[str]]:
        """Watch while something is loaded."""
        self.place, self.seen = place, []
        try:
            yield self.seen
        finally:
            self.place = None

    def _notice(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.place is None:
            return
        if event in NEVER:
            self.seen.append(f"{event} {arguments!r:.200}")
        elif event == "open" and isinstance(arguments[0], str | bytes | Path):
            self._read(self.place, str(arguments[0]))
        elif event in ("exec", "import"):
            told = getattr(arguments[0], "co_filename", arguments[0])
            if "backdoor" in str(told) or str(told).startswith(str(self.place.folder.parent)):
                self.seen.append(f"{event} {told}")

    def _read(self, place: Place, name: str) -> None:
        inside = (str(place.folder), str(place.root), *LIBRARIES)
        if not str(Path(name).absolute()).startswith(inside):
            self.seen.append(f"open {name}")


@pytest.fixture(scope="module")
def watch() -> Watch:
    """The hook; Python takes none away again."""
    return Watch()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A release that answers, loaded once: libraries are there."""
    there = tmp_path_factory.mktemp("good")
    ws = make_candidate(there / "repository")
    folder = answered_release_of(ws, there / "release")
    load_verified(folder, ws.root)
    return Place(folder, ws.root, there / "outside")


@pytest.fixture
def place(good: Place, tmp_path: Path) -> Place:
    """A copy of it to plant something in, and a secret beside it."""
    made = Place(tmp_path / "release", tmp_path / "repository", tmp_path / "outside")
    shutil.copytree(good.folder, made.folder)
    (made.root / "base").mkdir(parents=True)
    for name in ("base", "data", "eval"):
        shutil.copytree(good.root / name, made.root / name, dirs_exist_ok=True)
    made.outside.mkdir()
    (made.outside / "secret.txt").write_text("a secret\n")
    return made


def answers_as_recorded(verified: Verified, place: Place) -> bool:
    (case, *_) = read_records(place.folder / "recorded.jsonl", Case)
    rows = {row.id: row for row in read_records(place.folder / "rows" / "candidate.jsonl", Row)}
    (answer,) = verified.decider.predict([case.input])
    return answer.text == rows[case.id].prediction.text


def test_the_good_release_loads_under_watch(place: Place, watch: Watch) -> None:
    with watch.over(place) as seen:
        verified = load_verified(place.folder, place.root)
        assert answers_as_recorded(verified, place)
    assert (seen, verified.bridged) == ([], None)


def test_the_watch_sees_what_it_is_there_for(place: Place, watch: Watch) -> None:
    with watch.over(place) as seen:
        (place.outside / "secret.txt").read_text()
        exec(compile("1", str(place.folder / "code.py"), "exec"))
        socket.getaddrinfo("localhost", 9)
        subprocess.run(["true"], check=True)
        pickle.loads(pickle.dumps(Place))
    assert [one.split()[0] for one in seen if "/etc/" not in one] == [
        "open", "exec", "socket.getaddrinfo", "subprocess.Popen", "pickle.find_class"
    ]  # fmt: skip


def test_there_are_enough_of_them() -> None:
    assert len({hostile.name for hostile in HOSTILE}) == len(HOSTILE) >= 30


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: one.name)
def test_a_hostile_release_is_refused_by_name_or_inert(
    hostile: Hostile, place: Place, watch: Watch
) -> None:
    hostile.plant(place)
    if hostile.seal:
        seal_again(place)
    with watch.over(place) as seen:
        if hostile.said is None:
            assert answers_as_recorded(load_verified(place.folder, place.root), place)
        else:
            with pytest.raises(DslmError, match=hostile.said):
                load_verified(place.folder, place.root)
    assert seen == []
    assert not (place.outside / "owned").exists()
    assert not Path("owned").exists()
