from __future__ import annotations

from collections.abc import Sequence

import pytest

from dslm import evidence
from dslm.errors import InputError, ReleaseRefused
from dslm.records import Decision, Prediction
from dslm.releasing.packaging import package
from dslm.releasing.pyfunc import PythonModel, _load_pyfunc


class Echo:
    """Answers with what it was asked."""

    def answer(self, inputs: Sequence[str]) -> list[tuple[Prediction, Decision]]:
        decision = Decision(action="abstain", reasons=("low_confidence",))
        return [
            (
                Prediction(
                    object={"said": text}, text=text, confidence=0.5, finish_reason="stop",
                    prompt_tokens=1, answer_tokens=1, latency_ms=1.0,
                ),
                decision,
            )
            for text in inputs
        ]  # fmt: skip


SAID = {"object": {"said": "a"}, "action": "abstain", "reasons": ["low_confidence"]}


@pytest.mark.parametrize("asked", [["a"], [{"input": "a"}], {"input": ["a"]}])
def test_texts_objects_and_columns_are_answered_alike(asked) -> None:
    assert PythonModel(Echo()).predict(asked) == [SAID | {"confidence": 0.5}]


def test_a_data_frame_is_answered_row_by_row() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"input": ["a", "b"]}, index=[7, 9])
    answers = PythonModel(Echo()).predict(frame, params=None)
    assert [a["object"]["said"] for a in answers] == ["a", "b"]


@pytest.mark.parametrize("asked", [{"text": ["a"]}, [None], [{"text": "a"}], [3]])
def test_a_question_without_input_is_named(asked) -> None:
    with pytest.raises(InputError, match="input"):
        PythonModel(Echo()).predict(asked)


def test_a_release_with_a_changed_byte_is_never_loaded(bare, tmp_path) -> None:
    folder = package(bare.ws, tmp_path / "staged", evidence.current(bare.ws))
    (folder / "adapter" / "adapter_model.safetensors").write_bytes(b"weights 0ne")
    with pytest.raises(ReleaseRefused, match="bytes differ"):
        _load_pyfunc(str(folder))
