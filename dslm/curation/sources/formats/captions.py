"""Captions of a call → who said what: WebVTT with its voices, and SubRip.

Reads cues by their lines of times, wherever blank lines are missing or too many, for programs write
both. Called for a `.vtt` or `.srt` file with its label beside it. WebVTT: https://www.w3.org/TR/webvtt1
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from html import unescape

from dslm.curation.sources.formats.plain_text import file_text
from dslm.curation.sources.formats.sidecar_labels import Text, one_text
from dslm.curation.sources.formats.source_rows import Format, Unreadable
from dslm.curation.sources.mapping.dialogue_turns import Turn, rendered

_TIME = r"(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>|(</v>)")
# What only shows how words are shown; anything else in brackets is said, as `<inaudible>`
_TAG = re.compile(
    r"</?(?:b|big|c|em|font|i|lang|p|rt|ruby|s|small|span|strong|u|v)(?:[\s.][^<>]*)?/?>"
    r"|<\d[\d:.]*>|\{\\[^{}]*\}",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_PREFIX = re.compile(r"([^\W\d_][^:<>]{0,60}):\s+(?=\S)")  # how Zoom names who speaks
_ASIDES = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")


@dataclass(frozen=True)
class _Line:
    number: int
    text: str

    @property
    def count(self) -> int | None:
        """The number that it is; None where it says anything else."""
        text = self.text.strip()
        return int(text) if text.isdecimal() and len(text) < 10 else None

    def follows(self, last: int, cues: int) -> bool:
        """Whether it is the number of the next cue, rather than one that somebody said."""
        return self.count in {last + 1, cues, cues + 1}

    @property
    def is_times(self) -> bool:
        """Whether it says from when to when.

        Raises:
            Unreadable: It tries to.
        """
        if "-->" not in self.text:
            return False
        if not _TIMES.match(self.text):
            raise Unreadable(f"line {self.number}: no times: {self.text.strip()[:60]!r}")
        return True


def _blocks(texts: list[str]) -> Iterator[list[_Line]]:
    """Lines up to a blank one, numbered from 1."""
    block: list[_Line] = []
    for number, text in enumerate([*texts, ""], start=1):
        if text.strip():
            block.append(_Line(number, text))
        elif block:
            yield block
            block = []


def _cues(texts: list[str], *, asides: bool) -> list[list[str]]:
    """The lines of text of each cue.

    Args:
        texts: The lines of the file.
        asides: Whether there may be notes and styles, which nobody says.

    Raises:
        Unreadable: A line of times is broken, or there is text before any.
    """
    cues: list[list[str]] = []
    last = 0  # number that a cue had
    for block in _blocks(texts):
        timed = [place for place, line in enumerate(block) if line.is_times]
        if asides and not timed and _ASIDES.match(block[0].text):
            continue
        for place, line in enumerate(block):
            if place in timed:
                cues.append([])
            elif place + 1 in timed and (place == 0 or line.follows(last, len(cues))):
                last = line.count or last  # the name or number of the next cue
            elif not cues:
                raise Unreadable(f"line {line.number}: text before any times")
            else:
                cues[-1].append(line.text)
    if not cues:
        raise Unreadable("no captions")
    return cues


def _plain(text: str) -> str:
    return " ".join(unescape(_TAG.sub("", _BREAK.sub(" ", text))).split())


def _said(text: str, speaker: str | None) -> Iterator[Turn]:
    """What stands between two voice tags; without a voice a line may begin with a name."""
    for line in text.split("\n"):
        plain = _plain(line)
        if speaker is None and (named := _PREFIX.match(plain)):
            yield Turn(named[1].strip(), plain[named.end() :])
            speaker = named[1].strip()  # of the cue's next lines too
        else:
            yield Turn(speaker, plain)


def _turns(cue: list[str]) -> Iterator[Turn]:
    text, at, speaker = "\n".join(cue), 0, None
    for voice in _VOICE.finditer(text):
        yield from _said(text[at : voice.start()], speaker)
        at, speaker = voice.end(), _plain(voice[1] or "") or None
    yield from _said(text[at:], speaker)


def _talk(cues: list[list[str]]) -> Text:
    return Text(rendered(turn for cue in cues for turn in _turns(cue)))


def _subrip(raw: bytes, encoding: str) -> Text:
    return _talk(_cues(file_text(raw, encoding).split("\n"), asides=False))


def _webvtt(raw: bytes, encoding: str) -> Text:
    texts = file_text(raw, encoding).split("\n")
    if not re.match(r"WEBVTT(?:\s|$)", texts[0]):
        raise Unreadable("not WebVTT: its first line is not WEBVTT")
    head = 1
    while head < len(texts) and texts[head].strip() and "-->" not in texts[head]:
        head += 1
    return _talk(_cues([""] * head + texts[head:], asides=True))


VTT = Format(partial(one_text, read=_webvtt), single=True)
SRT = Format(partial(one_text, read=_subrip), single=True)
