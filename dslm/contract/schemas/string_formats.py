r"""What each known `format` of the schema means: one pattern, asserted by validator and grammar.

Since 2019-09 `format` is a remark to a validator, while a grammar holds it; an answer could then be
valid gold and yet never be written. Here both get the pattern. Called by `decodable_schema`.

Sources: RFC 3339 (date, time, date-time; appendix A for duration), RFC 5321 and 1123 (email,
hostname), RFC 2673 and 4291 (addresses), RFC 9562 (uuid), RFC 3986 (uri).
"""

from __future__ import annotations

_MONTHS = (
    r"(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8])"
)
_YEAR = r"(?:\d{3}[1-9]|\d{2}[1-9]\d|\d[1-9]\d{2}|[1-9]\d{3})"  # 0001 to 9999
_LEAP = r"(?:\d{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"  # no 0000
_DATE = rf"(?:{_YEAR}-(?:{_MONTHS})|{_LEAP}-02-29)"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?"
_TIME = rf"{_CLOCK}(?:[Zz]|[+\-](?:[01]\d|2[0-3]):[0-5]\d)"
_CLOCK_SPAN = r"T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S)"
_DAY_SPAN = r"(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_ATOM = r"[A-Za-z0-9!#$%&'*+\/=?^_`{|}~\-]+"
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_BYTE}(?:\.{_BYTE}){{3}}"
_H16 = r"[0-9A-Fa-f]{1,4}"
_LS32 = rf"(?:{_H16}:{_H16}|{_IPV4})"
_IPV6 = "|".join([
    rf"(?:{_H16}:){{6}}{_LS32}",
    rf"::(?:{_H16}:){{5}}{_LS32}",
    rf"(?:{_H16})?::(?:{_H16}:){{4}}{_LS32}",
    rf"(?:(?:{_H16}:)?{_H16})?::(?:{_H16}:){{3}}{_LS32}",
    rf"(?:(?:{_H16}:){{0,2}}{_H16})?::(?:{_H16}:){{2}}{_LS32}",
    rf"(?:(?:{_H16}:){{0,3}}{_H16})?::{_H16}:{_LS32}",
    rf"(?:(?:{_H16}:){{0,4}}{_H16})?::{_LS32}",
    rf"(?:(?:{_H16}:){{0,5}}{_H16})?::{_H16}",
    rf"(?:(?:{_H16}:){{0,6}}{_H16})?::",
])  # fmt: skip
_ESCAPED = r"%[0-9A-Fa-f]{2}"
_PCHAR = rf"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|{_ESCAPED})"
_REG_NAME = rf"(?:[A-Za-z0-9\-._~!$&'()*+,;=]|{_ESCAPED})*"
_USER = rf"(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|{_ESCAPED})*"
_AUTHORITY = rf"(?:{_USER}@)?(?:\[(?:{_IPV6})\]|{_REG_NAME})(?::\d*)?"
_STEPS = rf"{_PCHAR}+(?:\/{_PCHAR}*)*"
_PATH = rf"(?:\/\/{_AUTHORITY}(?:\/{_PCHAR}*)*|\/(?:{_STEPS})?|{_STEPS})?"
_TAIL = rf"(?:{_PCHAR}|[\/?])*"

FORMATS = {
    "date": _DATE,
    "time": _TIME,
    "date-time": rf"{_DATE}[Tt]{_TIME}",
    "duration": rf"P(?:\d+W|{_DAY_SPAN}(?:{_CLOCK_SPAN})?|{_CLOCK_SPAN})",
    "email": rf"{_ATOM}(?:\.{_ATOM})*@{_HOST}",
    "hostname": _HOST,
    "ipv4": _IPV4,
    "ipv6": _IPV6,
    "uuid": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "uri": rf"[A-Za-z][A-Za-z0-9+\-.]*:{_PATH}(?:\?{_TAIL})?(?:#{_TAIL})?",
}


def format_pattern(name: str) -> str | None:
    """The pattern of a format, as ECMA 262 writes it; None where the format is not known."""
    found = FORMATS.get(name)
    return None if found is None else f"^(?:{found})$"
