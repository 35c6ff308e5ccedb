from __future__ import annotations

from collections.abc import Sequence

import pytest

from dslm import evidence
from dslm.errors import InputError, ReleaseRefused
from dslm.records import Decision, Prediction
from dslm.releasing.package.release_package import mlmodel, package
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


FORMS = [["abc"], [{"input": "abc"}], {"input": ["abc"]}, "abc", {"input": "abc"}]


@pytest.mark.parametrize("asked", FORMS)
def test_texts_objects_and_columns_are_answered_alike(asked) -> None:
    (answer,) = PythonModel(Echo()).predict(asked)
    assert answer == SAID | {"object": {"said": "abc"}, "confidence": 0.5}


def test_a_data_frame_is_answered_row_by_row() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"input": ["a", "b"]}, index=[7, 9])
    answers = PythonModel(Echo()).predict(frame, params=None)
    assert [a["object"]["said"] for a in answers] == ["a", "b"]


@pytest.mark.slow
@pytest.mark.parametrize("asked", [*FORMS, {"input": ["abc", "d"]}, ["abc", "d"]])
def test_what_the_signature_makes_of_a_question_is_the_question_still(asked) -> None:
    from mlflow.models import Model
    from mlflow.models.utils import _enforce_schema

    schema = Model.from_dict(mlmodel()).get_input_schema()
    answers = PythonModel(Echo()).predict(_enforce_schema(asked, schema))
    plain = PythonModel(Echo()).predict(asked)
    assert [a["object"]["said"] for a in answers] == [a["object"]["said"] for a in plain]
    assert len(answers) in (1, 2)


@pytest.mark.slow
def test_the_signature_s_names_are_those_of_an_answer() -> None:
    from mlflow.models import Model

    said = Model.from_dict(mlmodel()).get_output_schema().input_names()
    assert said == list(PythonModel(Echo()).predict(["a"])[0])


@pytest.mark.parametrize("asked", [{"text": ["a"]}, [None], [{"text": "a"}], [3]])
def test_a_question_without_input_is_named(asked) -> None:
    with pytest.raises(InputError, match="input"):
        PythonModel(Echo()).predict(asked)


def test_a_release_with_a_changed_byte_is_never_loaded(bare, tmp_path) -> None:
    folder = package(bare.ws, tmp_path / "staged", evidence.current(bare.ws))
    (folder / "adapter" / "adapter_model.safetensors").write_bytes(b"weights 0ne")
    with pytest.raises(ReleaseRefused, match="bytes differ"):
        _load_pyfunc(str(folder))
