"""The release as an MLflow `python_function`: our own loader, nothing unpickled.

MLflow calls `_load_pyfunc` with the folder of a version; registration's smoke test calls `answer`,
a rollback `AnswersAgain`. All load through `verified_loading`, as everything that answers does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from dslm.errors import InputError
from dslm.errors.notices import notice
from dslm.records import Bridged, Decision, Prediction
from dslm.releasing.verification.verified_loading import load_verified
from dslm.settings.recipe import BaseModelSource


class Decider(Protocol):
    """What answers and decides, in order."""

    def answer(self, inputs: Sequence[str]) -> Sequence[tuple[Prediction, Decision]]:
        """Answers with their decisions, one an input."""


class PythonModel:
    """What MLflow serves."""

    def __init__(self, decider: Decider, told: Sequence[str] = (), bridged: Bridged | None = None):
        """Serve what a decider says; `told` is what it computes otherwise here."""
        self._decider, self.told, self.bridged = decider, tuple(told), bridged

    def predict(self, model_input: Any, params: Any = None) -> list[dict[str, Any]]:
        """Answer inputs.

        Args:
            model_input: A text, a list of texts or of objects with a key `input`, or a DataFrame
                or dict with a column `input`. By the signature MLflow makes a DataFrame of all of
                them, with a column 0 where nothing had a name and a dict's list in one cell.
            params: Not used; MLflow passes it.

        Returns:
            For each input `object`, `action`, `reasons` and `confidence`.

        Raises:
            InputError: There is no `input`, or one is no text.
        """
        answers = self._decider.answer(_texts(model_input))
        return [
            {
                "object": prediction.object,
                "action": decision.action,
                "reasons": list(decision.reasons),
                "confidence": prediction.confidence,
            }
            for prediction, decision in answers
        ]


def _texts(model_input: Any) -> list[str]:
    if isinstance(model_input, str):
        values: list[Any] = [model_input]
    elif hasattr(model_input, "columns") or isinstance(model_input, dict):
        values = _column(model_input)
    else:
        values = [v.get("input") if isinstance(v, dict) else v for v in model_input]
    for number, value in enumerate(values):
        if not isinstance(value, str):
            raise InputError("is no text", where=f"model input {number}", fix="give it as `input`")
    return values


def _column(table: Any) -> list[Any]:
    """The texts of a table; a list in a cell is several, and MLflow's server makes arrays."""
    name = 0 if list(table) == [0] else "input"
    if name not in table:
        raise InputError("no column `input`", where="model input", fix="name the column so")
    cells = [table[name]] if isinstance(table[name], str) else table[name]
    plain = [cell.tolist() if hasattr(cell, "tolist") else cell for cell in cells]
    return [text for cell in plain for text in (cell if isinstance(cell, list) else [cell])]


def _load_pyfunc(data_path: str, model_config: Any = None) -> PythonModel:
    """Load a release, after every byte was compared; MLflow's contract for a `loader_module`."""
    verified = load_verified(Path(data_path))
    for line in verified.said():
        notice(line)
    return PythonModel(verified.decider, verified.told, verified.bridged)


def answer(folder: Path, text: str) -> dict[str, Any]:
    """Load a release and answer one input, as MLflow would serve it.

    With `told`: what computes otherwise here than when its threshold was certified, and `bridged`:
    how it was shown to answer as it did then.
    """
    model = _load_pyfunc(str(folder))
    return model.predict([text])[0] | {"told": model.told, "bridged": model.bridged}


class AnswersAgain:
    """Loads a release and has it give its recorded answers again: the smoke test of a rollback.

    Attributes:
        given: How many answers were compared, once it was asked; None where the release carries
            none, so that it answered the one case of its smoke test alone.
    """

    def __init__(self, root: Path | None = None, base: BaseModelSource | None = None):
        """Load by a repository's base models and gold set.

        Args:
            root: The repository; by default the one around the present folder.
            base: Where the base model lies, instead of where the release's recipe says.
        """
        self._root, self._base = root, base
        self.given: int | None = None

    def __call__(self, folder: Path, text: str) -> dict[str, Any]:
        """The same as `answer`; with `again`, and without an answer, where all were given again.

        Raises:
            ReleaseRefused: It is not what was registered, or one answer is another.
        """
        verified = load_verified(folder, self._root, recorded=True, base=self._base)
        for line in verified.said():
            notice(line)
        said = {"told": verified.told, "bridged": verified.bridged, "again": verified.again}
        if verified.again is not None and verified.again.whole:
            self.given = verified.again.answers
            return said
        return PythonModel(verified.decider).predict([text])[0] | said
