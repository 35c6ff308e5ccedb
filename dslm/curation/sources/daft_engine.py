"""Where curation runs, on this machine or a Ray cluster, and how Ctrl-C ends it.

The same plan of Daft's either way; no worker process stays behind. Called by the source table, the
pipeline and the personal pipeline.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from dslm.curation.near_duplicate_search import require_daft
from dslm.errors import (
    EXIT_ENVIRONMENT,
    DslmError,
    EnvironmentFault,
    InputError,
    Problems,
)
from dslm.settings.cpu_cores import cores
from dslm.settings.params import CurateParams
from dslm.stage import die_with

if TYPE_CHECKING:
    import daft
    import pyarrow as pa


class Interruption:
    """Whether the block was interrupted, however little came of it."""

    seen = False


@contextlib.contextmanager
def noticed() -> Iterator[Interruption]:
    """Note an interruption of the block, which still raises KeyboardInterrupt.

    Python's own handler would not do: an event loop replaces that one by its own, and no other.
    """
    noted = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return

    def handle(_: int, __: FrameType | None) -> None:
        noted.seen = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def serve_only(master: int) -> None:
    """Called in a worker process: end with the process that it serves, and not by Ctrl-C before.

    Args:
        master: The process; nothing happens where it is this one.
    """
    if master == os.getpid():
        return
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(master)


STOP = "stop"  # the column that holds an error, as text
# A worker makes and drops millions of objects, hardly any of them in a circle.
MADE_UNTIL_COLLECTED = 100_000
ROWS = "rows"  # the column that holds how many rows a piece has, in a row of its own


class Tally:
    """Whether all rows of all pieces came."""

    def __init__(self, pieces: int):
        self.pieces = pieces
        self.told: dict[int, int] = {}
        self.came: Counter[int] = Counter()

    def add(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch without the rows that only count; those and the others are noted."""
        import pyarrow.compute as pc

        counts = pc.is_valid(batch.column(ROWS))
        last = batch.filter(counts)
        told = (last.column(name).to_pylist() for name in ("piece", ROWS))
        self.told |= dict(zip(*told, strict=True))
        rows = batch.filter(pc.invert(counts))
        self.came.update(rows.column("piece").to_pylist())
        return rows

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        wanted = {piece: rows for piece, rows in self.told.items() if rows}
        return len(self.told) == self.pieces and wanted == dict(self.came)


class Reads(Protocol):
    """What reads a piece by its number."""

    def rows(self, number: int) -> list[dict[str, Any]]:
        """Its rows, by column."""
        ...


@dataclass(frozen=True)
class Engine:
    """How the parts of sources are read.

    Attributes:
        kind: `local` reads in processes of this machine, `ray` on a cluster's workers.
        workers: How many read at once.
        address: Of the Ray cluster; None for the one of the environment, or a new local one.
    """

    kind: Literal["local", "ray"] = "local"
    workers: int = field(default_factory=cores)
    address: str | None = None

    @classmethod
    def of(cls, params: CurateParams) -> Engine:
        """The engine that `params.yaml` asks for."""
        return cls(params.engine, params.workers or cores(), params.address)

    def read(self, reader: Reads, pieces: int, schema: pa.Schema) -> daft.DataFrame:
        """A frame with all rows of all pieces, one column a field of the schema.

        A row whose column `STOP` is not null stands for a piece that could not be read: see
        `stopped`. One whose column `ROWS` is not null comes once a piece, however many it has.
        """
        import daft

        rows = daft.DataType.list(daft.DataType.struct({
            field.name: daft.DataType.from_arrow_type(field.type) for field in schema
        }))  # fmt: skip
        workers = min(self.workers, pieces)
        apart = workers > 1
        master = os.getpid() if apart and self.kind == "local" else None

        class Worker:
            def __init__(self) -> None:
                if master is not None:
                    serve_only(master)
                    gc.freeze()
                    gc.set_threshold(MADE_UNTIL_COLLECTED)
                self.reader = reader

            @daft.method.batch(return_dtype=rows, batch_size=1)  # type: ignore[untyped-decorator]
            def __call__(self, numbers: Any) -> Any:
                import pyarrow as pa

                made = [_read(self.reader, number) for number in numbers.to_pylist()]
                return pa.array(made, pa.large_list(pa.struct(list(schema))))

        worker = daft.cls(Worker, use_process=apart, max_concurrency=workers if apart else None)()
        frame = daft.from_pydict({"number": list(range(pieces))})
        if self.kind == "ray":
            frame = frame.into_partitions(pieces)
        made = frame.select(worker(daft.col("number")).alias("row")).explode("row")
        names = schema.names
        flat = made.select(*(daft.col("row").get(name).alias(name) for name in names))
        return flat.where(~daft.col("piece").is_null())

    def start(self) -> Any:
        """Daft, told where to run.

        Raises:
            EnvironmentFault: Daft or Ray is not installed: near-duplicates cannot be looked for.
        """
        daft = require_daft()
        if self.kind == "ray":
            try:
                import ray  # noqa: F401
            except ImportError:
                raise EnvironmentFault("curate.engine is ray, and ray is not installed",
                                 fix="pip install 'dslm[ray]'") from None  # fmt: skip
            daft.set_runner_ray(address=self.address, noop_if_initialized=True)
        return daft


def _read(reader: Reads, number: int) -> list[dict[str, Any]]:
    try:
        rows = reader.rows(number)
        return [*rows, {"piece": number, ROWS: len(rows)}]
    except DslmError as error:
        faults = error.problems if isinstance(error, Problems) else (error,)
        said = [[fault.what, fault.where, fault.fix] for fault in faults]
        code = error.exit_code
        return [{"piece": number, STOP: json.dumps({"code": code, "faults": said})}]


def stopped(told: str) -> DslmError:
    """The error that a worker put into the column `STOP`: of the user, or of the machine."""
    said = json.loads(told)
    if said["code"] == EXIT_ENVIRONMENT:
        ((what, where, fix),) = said["faults"]
        return EnvironmentFault(what, where=where, fix=fix)
    return Problems([InputError(what, where=w, fix=fix) for what, w, fix in said["faults"]])
