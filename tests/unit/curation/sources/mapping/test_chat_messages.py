"""Chats as they are exported for fine-tuning: init, import and curation read them alike."""

import json
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.curation.curated_runs import read

from dslm.curation.imports.import_mapping import map_rows
from dslm.curation.sources.mapping.chat_messages import unfenced
from dslm.errors import InputError
from dslm.scaffolding.sample_reader import read_sample

TARGET = {"kind": "claim", "amount": "12.50"}
SAID = json.dumps(TARGET)
SYSTEM = {"role": "system", "content": "Extract the claim."}


def user(text):
    return {"role": "user", "content": text}


def assistant(text=SAID, **more):
    return {"role": "assistant", "content": text} | more


def call(name="file", arguments=SAID):
    return {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}


CHATS = {
    "one user": ({"messages": [user("Parcel 7\nis broken"), assistant()]}, "Parcel 7\nis broken"),
    "fenced": ({"messages": [user("Parcel 7"), assistant(f"```json\n{SAID}\n```")]}, "Parcel 7"),
    "fence without a name": (
        {"messages": [user("Parcel 7"), assistant(f"\n~~~\n{SAID}\n~~~\n")]}, "Parcel 7"),
    "fence that closes behind blanks": (
        {"messages": [user("Parcel 7"), assistant(f"```json \n{SAID}  ```")]}, "Parcel 7"),
    "system": ({"messages": [SYSTEM, user("Parcel 7"), assistant()]}, "Parcel 7"),
    "several turns": (
        {"messages": [SYSTEM, user("Parcel 7"), assistant("What is wrong?"), user("It  is\nwet"),
                      assistant()]},
        "user: Parcel 7\nassistant: What is wrong?\nuser: It is wet"),
    "content in parts": (
        {"messages": [user([{"type": "text", "text": "Parcel"}, {"type": "text", "text": "7"}]),
                      assistant([{"type": "text", "text": SAID}])]}, "Parcel\n7"),
    "a picture": (
        {"messages": [user([{"type": "text", "text": "Parcel 7"},
                            {"type": "image_url", "image_url": {"url": "x"}}]), assistant()]},
        "Parcel 7\n[attachment: image_url]"),
    "tool call": ({"messages": [user("Parcel 7"), assistant(None, tool_calls=[call()])]},
                  "Parcel 7"),
    "arguments as an object": (
        {"messages": [user("Parcel 7"), assistant("", tool_calls=[call(arguments=TARGET)])]},
        "Parcel 7"),
    "older function call": (
        {"messages": [user("Parcel 7"),
                      assistant(None, function_call={"name": "file", "arguments": SAID})]},
        "Parcel 7"),
    "tools before": (
        {"messages": [user("Parcel 7"), assistant(None, tool_calls=[call("find", '{"n": 7}')]),
                      {"role": "tool", "tool_call_id": "c1", "content": "wet"}, assistant()]},
        'user: Parcel 7\nassistant: find({"n": 7})\ntool: wet'),
    "a refusal before": (
        {"messages": [user("Parcel 7"), assistant(None, refusal="I cannot."), user("Please."),
                      assistant(None, refusal=None, content=[{"type": "text", "text": SAID}])]},
        "user: Parcel 7\nassistant: I cannot.\nuser: Please."),
    "two users by name": (
        {"messages": [user("Parcel 7") | {"name": "anna"}, user("It is wet") | {"name": "tom"},
                      assistant()]}, "user anna: Parcel 7\nuser tom: It is wet"),
    "sharegpt as markdown": (
        {"conversations": [{"from": "human", "value": "Parcel 7"},
                           {"from": "gpt", "value": None, "markdown": SAID}]}, "Parcel 7"),
    "sharegpt": (
        {"conversations": [{"from": "human", "value": "Parcel 7"}, {"from": "gpt", "value": SAID}]},
        "Parcel 7"),
    "sharegpt with system": (
        {"conversations": [{"from": "system", "value": "Extract."},
                           {"from": "human", "value": "Parcel 7"},
                           {"from": "gpt", "value": "Which one?"},
                           {"from": "human", "value": "7"}, {"from": "gpt", "value": SAID}]},
        "human: Parcel 7\ngpt: Which one?\nhuman: 7"),
    "with a target of its own": (
        {"messages": [user("Parcel 7"), assistant("Noted.")], "target": TARGET},
        "user: Parcel 7\nassistant: Noted."),
    "turns as an input": (
        {"input": [{"speaker": "Anna", "text": "Parcel 7"}, {"from": "Tom", "value": "wet"}],
         "target": TARGET}, "Anna: Parcel 7\nTom: wet"),
    "the target as JSON": ({"input": "Parcel 7", "target": SAID}, "Parcel 7"),
}  # fmt: skip


def by_init(path, _contract):
    return [numbered.case for numbered in read_sample(path, None, ())]


def by_import(path, contract):
    fitted = map_rows(path, contract, None)
    assert not fitted.rejects
    return [found.case for found in fitted.found]


def by_curation(path, contract):
    reading = read(contract, path.parent)
    assert not reading.rejects
    return reading.cases


READERS = [by_init, by_import, by_curation]


@pytest.fixture
def bare_contract(build_contract):
    def build(path="a.jsonl", **source):
        entry = {"path": path, "licence": "CC0", "origin": "o"} | source
        return build_contract(sources=[entry], group_by=None, max_rejects=0.99)

    return build


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("shape", CHATS)
def test_a_chat_is_read_alike_by_all(tmp_path, bare_contract, shape, reader):
    row, expected = CHATS[shape]
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    (case,) = reader(tmp_path / "a.jsonl", bare_contract())
    assert (case.input, case.target) == (expected, TARGET)


@pytest.mark.parametrize("reader", READERS)
def test_what_the_system_says_is_kept_in_meta_and_out_of_the_input(tmp_path, bare_contract, reader):
    row = CHATS["system"][0] | {"meta": {"shop": "b"}}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    (case,) = reader(tmp_path / "a.jsonl", bare_contract())
    assert case.meta == {"system": "Extract the claim.", "shop": "b"}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"meta": {"system": "crm"}}, {"system": "crm", "chat_system": "Extract the claim."}),
        ({"meta": {"system": "Extract the claim."}}, {"system": "Extract the claim."}),
        ({"meta": {"system": ""}}, {"system": "Extract the claim."}),
        ({"meta": {"system": 0}}, {"system": 0, "chat_system": "Extract the claim."}),
        ({"meta": '{"shop": "b"}'}, {"system": "Extract the claim.", "shop": "b"}),
        ({"meta": None}, {"system": "Extract the claim."}),
    ],
)  # fmt: skip
def test_neither_system_is_lost_where_the_row_has_one_too(
    tmp_path, bare_contract, reader, row, expected
):
    (tmp_path / "a.jsonl").write_text(json.dumps(CHATS["system"][0] | row) + "\n")
    (case,) = reader(tmp_path / "a.jsonl", bare_contract())
    assert case.meta == expected


def test_a_system_without_a_place_is_a_fault_and_columns_of_meta_get_theirs(
    tmp_path, bare_contract
):
    path = tmp_path / "a.jsonl"
    full = CHATS["system"][0] | {"meta": {"system": "crm", "chat_system": "x"}}
    path.write_text("".join(json.dumps(row) + "\n" for row in (full, CHATS["system"][0])))
    (reject,) = read(bare_contract(), tmp_path).rejects
    assert reject.reason.startswith("chat: no place for what the system says")
    (_, case) = sorted(read(bare_contract(columns={"meta": ["system"]}), tmp_path).cases,
                       key=lambda case: "Extract the claim." in case.meta.values())  # fmt: skip
    assert case.meta == {"system": "Extract the claim."}


@pytest.mark.parametrize("reader", [by_init, by_import])
def test_what_stands_beside_the_parts_of_a_row_becomes_meta(tmp_path, bare_contract, reader):
    path = tmp_path / "a.jsonl"
    chat = CHATS["sharegpt"][0] | {"system": "Extract.", "shop": 7, "vip": True, "tools": []}
    path.write_text(json.dumps(chat | {"meta": {"channel": "web"}}) + "\n")
    (case,) = reader(path, bare_contract())
    assert case.meta == {"system": "Extract.", "shop": 7, "vip": True, "channel": "web"}
    assert map_rows(path, bare_contract(), None).extra == {"tools": 1}
    assert [one.left_out for one in read_sample(path, None, ())] == [("tools",)]


@pytest.mark.parametrize("written", ["a.jsonl", "a.csv"])
def test_a_value_that_meta_contradicts_is_a_fault(tmp_path, bare_contract, written):
    row = {"input": "Parcel 7", "target": TARGET, "shop": "a", "meta": {"shop": "b"}}
    text = json.dumps(row)
    if written == "a.csv":
        text = "input,target,shop,meta\nParcel 7,"
        text += ",".join('"' + json.dumps(x).replace('"', '""') + '"' if x != "a" else "a"
                         for x in (TARGET, "a", {"shop": "b"}))  # fmt: skip
    (tmp_path / written).write_text(text + "\n")
    (reject,) = map_rows(tmp_path / written, bare_contract(written), None).rejects
    assert reject.reason == "'shop' is one value beside 'meta' and another in it"
    with pytest.raises(InputError, match="'shop' is one value beside"):
        read_sample(tmp_path / written, None, ())


def test_a_row_without_what_is_right_says_so(tmp_path, bare_contract):
    (tmp_path / "a.jsonl").write_text('{"instruction": "x", "input": "Parcel 7"}\n')
    (reject,) = map_rows(tmp_path / "a.jsonl", bare_contract(), None).rejects
    assert reject.reason.startswith("none of target, output, label: ")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("written", ["csv", "parquet"])
def test_a_chat_in_a_table_is_read_too(tmp_path, bare_contract, reader, written):
    messages = [SYSTEM, user("Parcel 7"), assistant()]
    path = tmp_path / f"a.{written}"
    if written == "csv":
        cell = json.dumps(messages).replace('"', '""')
        path.write_text(f'id,messages\n1,"{cell}"\n')
    else:
        pq.write_table(pa.Table.from_pylist([{"id": 1, "messages": messages}]), path)
    (case,) = reader(path, bare_contract(path.name))
    assert (case.id, case.input, case.target) == ("1", "Parcel 7", TARGET)


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([user("Parcel 7")], "the last message is not the assistant's"),
        ([user("x"), assistant(), user("thanks")], "the last message is not the assistant's"),
        ([user("Parcel 7"), assistant("It is a claim.")], "the last message is not JSON"),
        ([user("Parcel 7"), assistant("[1]")], "the last message is not a JSON object"),
        ([user("x"), assistant('{"kind": 1, "kind": 2}')], "key 'kind' stands twice"),
        ([user("x"), assistant(None)], "turn 2: no text"),
        ([user("x"), assistant("")], "the last message is not JSON"),
        ([user("x"), assistant(None, tool_calls=[call(), call()])], "calls 2 tools"),
        ([user("x"), assistant("text", tool_calls=[call()])], "has a text and calls a tool"),
        ([user("x"), assistant(weight=0)], "has the weight 0"),
        ([user(""), assistant()], "is empty or no text"),
        ([user(3), assistant()], "turn 1: no text"),
        ([user("x") | {"text": "y"}, assistant()], "turn 1: one text under 'text', another under"),
        ([user("x"), assistant(tool_calls=[{"function": {}}])], "without its name"),
        (["x", assistant()], "turn 1: neither an object"),
        ([], "the last message is not the assistant's"),
        ([assistant()], "is empty or no text"),
    ],
)  # fmt: skip
def test_a_chat_without_a_target_is_a_fault_that_says_why(
    tmp_path, bare_contract, messages, reason
):
    good = CHATS["one user"][0]
    rows = [good, {"messages": messages}]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (reject,) = map_rows(path, bare_contract(), None).rejects
    (other,) = read(bare_contract(), tmp_path).rejects
    for one in (reject, other):
        assert one.line == 2
        assert reason in one.reason
    with pytest.raises(InputError) as error:
        read_sample(path, None, ())
    assert f"{path}:2: " in error.value.message()
    assert reason in error.value.message()


def test_the_assistants_json_is_held_to_the_schema(tmp_path, bare_contract):
    path = tmp_path / "a.jsonl"
    wrong = {"messages": [user("x"), assistant('{"kind": "refund", "amount": null}')]}
    path.write_text(json.dumps(wrong) + "\n" + json.dumps(CHATS["one user"][0]) + "\n")
    (reject,) = read(bare_contract(), tmp_path).rejects
    assert reject.reason.startswith("target.kind: ")


def test_columns_may_name_the_chat_and_a_plain_text_is_left_alone(tmp_path, bare_contract):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"messages": "[Urgent] parcel 7", "target": TARGET}) + "\n")
    (case,) = read(bare_contract(columns={"input": "messages"}), tmp_path).cases
    assert case.input == "[Urgent] parcel 7"
    path.write_text(json.dumps(CHATS["several turns"][0]) + "\n")
    (case,) = read(bare_contract(columns={"input": "messages"}), tmp_path).cases
    assert case.input == CHATS["several turns"][1]
    assert case.target == TARGET


def test_a_label_that_is_no_object_is_a_field_of_its_name_in_init_and_import(
    tmp_path, build_contract
):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "parcel 7", "label": "claim"}\n')
    contract = build_contract(group_by=None).model_copy(update={"output": {
        "type": "object", "additionalProperties": False, "required": ["label"],
        "properties": {"label": {"enum": ["claim", "other"]}}}})  # fmt: skip
    assert by_init(path, contract)[0].target == {"label": "claim"}
    assert by_import(path, contract)[0].target == {"label": "claim"}


@pytest.mark.parametrize("text", ["```\n{}" + " " * 30_000 + "x", "```" + " \t" * 15_000 + "x"])
def test_a_fence_that_never_closes_takes_no_time(text):
    start = time.perf_counter()
    assert unfenced(text) == text
    assert time.perf_counter() - start < 1
