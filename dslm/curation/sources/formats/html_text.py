"""HTML of a mail → its text: blocks become lines, a table's cells are parted, scripts are left out.

Called by `mail.body` for a mail that has no plain text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from html.parser import HTMLParser

SILENT = {"script", "style", "title"}
BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details",
    "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "legend", "li", "main", "menu", "nav", "noscript", "ol",
    "optgroup", "option", "p", "pre", "section", "summary", "table", "tbody", "textarea", "tfoot",
    "thead", "tr", "ul",
}  # fmt: skip
PARAGRAPHS = {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"}
CELLS = {"button", "select", "td", "th"}
RAISED = {"small", "sub", "sup"}  # no further digits of the number before them
RAISED_DIGIT = re.compile("[-+\u2212]?[0-9]")
ASIDE = {"del", "rt", "s", "strike"}  # not of the words beside it
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source",
         "track", "wbr"}  # fmt: skip
# What a style of its own makes of an element that is of its line else, and what it is parted by
_STYLED = (
    (re.compile(r"display\s*:\s*(?:block|flex|grid|list-item|table(?:-row)?)\b"), "\n"),
    (
        re.compile(
            r"display\s*:\s*(?:none|table-cell)\b|line-through|float\s*:\s*(?:left|right)\b"
            r"|(?<![^\s;])position\s*:\s*(?:absolute|fixed)\b"
        ),
        " ",
    ),
)
_ROW = re.compile(r"display\s*:\s*(?:inline-)?(?:flex|grid)\b")  # what is in it stands apart
_RAISED = re.compile(r"vertical-align\s*:\s*(?:super|sub|(?:text-)?top)\b")  # as by `sup`
_BARE = ("http:", "https:", "mailto:")  # an address in brackets that nobody escaped is no tag
# Taken out beforehand: the parser reads those that never end again and again.
_COMMENT = re.compile(r"<!--(?:-?>|.*?--!?>|(?P<open>.*)\Z)", re.DOTALL)


@dataclass(frozen=True)
class _Element:
    """An open element: what its style parts it by, whether it is a row, whether it is raised."""

    tag: str
    parted_by: str = ""
    row: bool = False
    raised: bool = False


class _Page(HTMLParser):
    """Collects the text between tags, with line ends and blanks where a reader sees them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.silent: str | None = None
        self.kept_lines = False
        self.open: list[_Element] = []
        self.opened: Counter[str] = Counter()  # how many of each tag are open
        self.raised = False  # a power, a note, cents: no further digit of the number before it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.silent is None and (tag.startswith(_BARE) or "@" in tag):
            self.said.append(self.get_starttag_text() or "")
        if tag == "img" and self.silent is None and (shown := dict(attrs).get("alt")):
            self.said.append(f" [image: {' '.join(shown.split())}] " if shown.strip() else "")
        if tag == "body":  # a title that nobody closed ends here
            self.silent = None
        if self.silent is None and tag in SILENT:
            self.silent = tag
        self._beside()
        self._parted(tag)
        element = _styled(tag, dict(attrs).get("style"))
        self._styled(element.parted_by)
        if tag not in EMPTY:
            self.open.append(element)
            self.opened[tag] += 1
        if tag == "li":
            self.said.append("- ")
        if tag == "pre":
            self.kept_lines = True
        if tag in RAISED or element.raised:
            self.raised = True

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT or tag in ("li", "pre") or tag in RAISED:  # of XHTML, and empty
            self._parted(tag)
        else:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == self.silent:
            self.silent = None
        if tag == "pre":
            self.kept_lines = False
        if tag in RAISED:
            self.raised = False
        if tag not in ("br", "hr", "li"):
            self._parted(tag)
        self._closed(tag)

    def handle_data(self, data: str) -> None:
        if self.silent is None:
            parted = self.raised and self._ends_in_digit() and RAISED_DIGIT.match(data)
            self.raised = False  # of its first text only: some never close it
            said = data if self.kept_lines else re.sub(r"\s+", " ", data)
            self.said.append(f"^{said}" if parted else said)

    def _parted(self, tag: str) -> None:
        if tag in PARAGRAPHS:
            self.said.append("\n\n")
        elif tag == "br" or (tag in BLOCKS and not self._begins_line()):
            self.said.append("\n")
        elif tag in CELLS or tag in ASIDE:
            self.said.append(" ")

    def _closed(self, tag: str) -> None:
        """End the element of a tag that was opened last, and what is still open in it."""
        if not self.opened[tag]:
            return
        ended = ""
        while ended != tag:
            element = self.open.pop()
            ended = element.tag
            self.opened[ended] -= 1
            self._styled(element.parted_by)
            self.raised = self.raised and not element.raised
        self._beside()

    def _beside(self) -> None:
        """Part what stands in a row from what stands before it there."""
        if self.open and self.open[-1].row and self.said[-1:] != [" "]:
            self.said.append(" ")

    def _styled(self, sign: str) -> None:
        if sign and not (sign == "\n" and self._begins_line()):
            self.said.append(sign)

    def _ends_in_digit(self) -> bool:
        return next((text for text in reversed(self.said) if text), "")[-1:].isdigit()

    def _begins_line(self) -> bool:
        last = next((text for text in reversed(self.said) if text.strip(" ")), "\n")
        return last.endswith("\n")


def _styled(tag: str, style: str | None) -> _Element:
    """What a style of its own makes of an element; blocks and cells are parted without one."""
    said = (style or "").lower()
    own = said and tag not in BLOCKS and tag not in CELLS
    return _Element(
        tag,
        next((sign for pattern, sign in _STYLED if own and pattern.search(said)), ""),
        row=bool(_ROW.search(said)),
        raised=bool(own and tag not in EMPTY and _RAISED.search(said)),
    )


def _uncommented(comment: re.Match[str]) -> str:
    """Nothing for a comment; what follows one that never ends is text."""
    return (comment["open"] or "").replace("<!--", "")


def html_text(html: str) -> str:
    """The text that a reader of the page sees, no two lines of it blank in a row."""
    page = _Page()
    # conditional sections of mail programs, `<![if !mso]>`: a comment to all but them, which the
    # parser of Python 3.11 takes amiss
    whole, end, rest = _COMMENT.sub(_uncommented, html).replace("<![", "<! [").rpartition(">")
    page.feed(whole + end + rest.replace("<", "&lt;"))  # no tag begins after the last one's end
    page.close()
    lines = (" ".join(line.split()) for line in "".join(page.said).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
