"""JSON from outside is read strictly; where a plain reader is used, a list says why."""

import ast

import pytest
from support.documents.code_reader import modules

from dslm.records import Baseline, Record

# Readers of what the same process or stage wrote, so that no key can stand there twice.
OWN = {
    "dslm.strict_json": "the reader itself",
    "dslm.contract.schemas.grammar_acceptance": "the contract's schema, from an object in memory",
    "dslm.contract.answers.canonical_answer": "that schema too",
    "dslm.contract.answers.answer_confidence": "where a value ends in an answer read before",
    "dslm.contract.dates.date_words": "a table that comes with the package",
    "dslm.contract.schemas.canonical_values": "a part of that schema",
    "dslm.contract.narrowing.uncopied_values": "a text that was written from memory",
    "dslm.curation.books.data_card_numbers": "splits and contradictions, as they were written",
    "dslm.curation.case_table": "a row of the table that is being worked on, a million times",
    "dslm.curation.sources.daft_engine": "what a worker told",
    "dslm.curation.personal.replacement.original_case": "cases on their way, of the reader",
    "dslm.curation.personal.found_in_case": "a column of the table",
    "dslm.curation.personal.proof.leftovers": "the ledger, written by the same run",
    "dslm.curation.personal.known_values.shared_parts": "what a worker counted",
    "dslm.curation.personal.replacement.replace_everywhere": "a row of the table",
    "dslm.curation.personal.json_texts": "a line that the same run wrote",
    "dslm.curation.pipeline": "a row of the table",
    "dslm.curation.sources.source_table": "a column that it made itself",
    "dslm.pull_request.post_comment": "a forge's answer; this job loads the standard library alone",
    "dslm.training.doctor.tokenizer_identity": "a tokenizer in memory",
}  # fmt: skip
PLAIN = {"loads", "load", "from_own_json", "raw_decode", "JSONDecoder", "validate_json"}
OF_JSON = {"json", "orjson", "decoder"}


def plain_reads(tree):
    """The lines that read JSON by something that keeps the last of two values."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or node.attr not in PLAIN:
            continue
        of = node.value.id if isinstance(node.value, ast.Name) else ""
        if node.attr in ("loads", "load") and of not in OF_JSON:
            continue
        yield node.lineno


def test_json_is_read_by_the_strict_reader_but_for_a_list_with_reasons():
    found = {m.name for m in modules("dslm", "pipelines") if list(plain_reads(m.tree))}
    assert found == set(OWN)


@pytest.mark.parametrize(
    "line", ["json.loads(x)", "json.load(f)", "Case.from_own_json(x)", "json.JSONDecoder()"]
)
def test_a_plain_reader_is_noticed(line):
    assert list(plain_reads(ast.parse(line))) == [1]


def test_every_model_read_from_json_is_a_record():
    """Or pydantic's own reader would read it, which keeps the last of two values."""
    import dslm.releasing.journal.journal
    import dslm.releasing.verification.release_verification

    reads = [
        (m.name, node.lineno)
        for m in modules("dslm", "pipelines")
        for node in ast.walk(m.tree)
        if isinstance(node, ast.Attribute) and node.attr == "model_validate_json"
    ]
    assert reads
    assert issubclass(dslm.releasing.verification.release_verification._Manifest, Record)
    with pytest.raises(ValueError, match="key 'version' stands twice"):
        Baseline.model_validate_json('{"version": 1, "version": 2, "digest": null}')
