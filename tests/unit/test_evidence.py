"""Evidence is closed: every key is there, every key is compared, and no format has fewer."""

from __future__ import annotations

import pytest
from support.repositories.scored_repository import digest_of

from dslm.errors import ReleaseRefused
from dslm.evidence import (
    ENGINE,
    KEYS,
    NONE,
    Evidence,
    engine_differences,
    read_evidence,
    refuse_others,
    release_digest,
)

# A later format has these keys too: add its own beside, and never take one away.
FORMAT_1 = {
    "format", "model", "adapter", "base", "tokenizer", "template", "recipe", "data", "contract",
    "plan", "code", "lock", "packages", "device", "gold", "calibration_cases", "calibration",
    "threshold", "release",
}  # fmt: skip
DIGESTS = {key: digest_of(key) for key in FORMAT_1 - {"format", "model", "threshold", *ENGINE}}
ENGINE_HERE = {"packages": "peft 1, torch 2", "device": "cpu"}
WHOLE = Evidence.of("candidate", DIGESTS, ENGINE_HERE, {"threshold": "0.9"})


def test_no_format_has_fewer_keys_than_the_one_before() -> None:
    assert KEYS >= FORMAT_1
    assert set(WHOLE.named()) == KEYS
    assert read_evidence(WHOLE.named(), what="it") == WHOLE


def test_what_has_no_meaning_for_a_model_is_said_and_what_answers_need_is_never_left_out() -> None:
    needed = {k: DIGESTS[k] for k in DIGESTS if k not in ("adapter", "recipe", "gold", "release")}
    found = Evidence.of("base", needed, ENGINE_HERE, {"threshold": "0.0"})
    assert (found.adapter, found.release) == (NONE, NONE)
    for key in ("base", "code", "lock", "data"):
        with pytest.raises(ValueError, match=key):
            Evidence.of("base", {k: d for k, d in needed.items() if k != key}, ENGINE_HERE)
    with pytest.raises(ValueError, match="named twice: device"):
        Evidence.of("base", needed, ENGINE_HERE, {"device": "cuda"})


@pytest.mark.parametrize("key", sorted(FORMAT_1))
def test_a_key_that_is_lacking_or_of_another_form_is_refused(key: str) -> None:
    named = WHOLE.named()
    lacking = {k: v for k, v in named.items() if k != key}
    for broken in (lacking, named | {key: ""}, named | {key: "sha256:1"} if key in DIGESTS else {}):
        with pytest.raises(ReleaseRefused, match="it: "):
            read_evidence(broken, what="it")
    with pytest.raises(ReleaseRefused, match="licence missing, unknown"):
        read_evidence(named | {"licence": "MIT"}, what="it")


def test_a_format_that_is_not_known_is_refused() -> None:
    with pytest.raises(ReleaseRefused, match="evidence of format 2, 1 is asked for"):
        read_evidence(WHOLE.named() | {"format": "2", "tier": "core"}, what="it")


@pytest.mark.parametrize("key", sorted(FORMAT_1 - set(ENGINE)))
def test_every_key_is_compared_and_none_can_be_left_out(key: str) -> None:
    wanted = {k: v for k, v in WHOLE.named().items() if k not in ENGINE}
    refuse_others(WHOLE, wanted, what="it")
    with pytest.raises(ReleaseRefused, match=f"it is outdated evidence: {key} changed"):
        refuse_others(WHOLE, wanted | {key: "other"}, what="it")
    del wanted[key]
    with pytest.raises(ValueError, match=f"not compared: .*{key}"):
        refuse_others(WHOLE, wanted, what="it")


def test_another_engine_is_worded_and_makes_no_other_release() -> None:
    here = WHOLE.named() | {"packages": "peft 1, torch 3", "device": "cuda"}
    assert engine_differences(WHOLE.named(), here) == ["torch 3 (was torch 2)", "cuda (was cpu)"]
    assert engine_differences({}, here)[1] == "cuda (not recorded then)"
    assert release_digest("w", here) == release_digest("w", WHOLE.named())
    assert release_digest("w", here | {"plan": "other"}) != release_digest("w", here)
