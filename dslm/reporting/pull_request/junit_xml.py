"""A verdict as JUnit XML, as CI systems show tests: one test a check.

Takes a verdict; gives XML. FAIL is a failure, INCONCLUSIVE an error (it was not decided, and blocks
as much), NOT APPLICABLE skipped; a waived check passes and says so in its output.
"""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from dslm.contract.text.visible_text import visible
from dslm.records import NOT_APPLICABLE, Check, Verdict

TAGS = {"FAIL": "failure", "INCONCLUSIVE": "error", NOT_APPLICABLE: "skipped"}


def _text(value: str) -> str:
    """Text that XML 1.0 can hold: what is invisible is written, two values never are characters."""
    return visible(value).replace("\ufffe", "⟨U+FFFE⟩").replace("\uffff", "⟨U+FFFF⟩")


def _case(suite: Xml.Element, check: Check, workflow: str) -> None:
    case = Xml.SubElement(suite, "testcase", classname=f"gate.{workflow}", name=_text(check.id))
    told = f"required: {check.asked}\nmeasured: {check.seen}\nwhy: {check.why}"
    tag = TAGS.get(check.status)
    if tag is None:
        Xml.SubElement(case, "system-out").text = _text(told)
        return
    found = Xml.SubElement(case, tag, message=_text(check.why), type=check.status)
    found.text = _text(told)


def junit(verdict: Verdict) -> str:
    """The document, ending with a line break."""
    counts = {tag: sum(TAGS.get(c.status) == tag for c in verdict.checks) for tag in TAGS.values()}
    suite = Xml.Element(
        "testsuite", name=f"dslm gate {verdict.workflow}: {verdict.status}",
        tests=str(len(verdict.checks)), failures=str(counts["failure"]),
        errors=str(counts["error"]), skipped=str(counts["skipped"]),
    )  # fmt: skip
    for check in verdict.checks:
        _case(suite, check, verdict.workflow)
    root = Xml.Element("testsuites")
    root.append(suite)
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'
