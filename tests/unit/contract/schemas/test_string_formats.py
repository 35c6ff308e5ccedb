from __future__ import annotations

import calendar
import datetime as dt
import ipaddress
import re
import uuid
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.contract.schemas.regex_patterns import whole_pattern
from dslm.contract.schemas.string_formats import FORMATS, format_pattern


def matches(name: str, text: str) -> bool:
    pattern = whole_pattern(format_pattern(name) or "")
    schema: dict[str, Any] = {"pattern": pattern}
    return bool(jsonschema_rs.Draft202012Validator(schema).is_valid(text))


RIGHT = {
    "date": ["2025-03-04", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"],
    "time": ["12:00:00Z", "23:59:59.999+05:30", "00:00:00z"],
    "date-time": ["2025-03-04T12:00:00Z", "2024-02-29t23:59:59.5-08:00"],
    "duration": ["P1Y2M3DT4H5M6S", "P2W", "PT36H", "P1DT12H", "P4Y", "PT1M"],
    "email": ["anna.weber@example.com", "a+b@x", "o'neil@sub.example.co"],
    "hostname": ["example.com", "a", "xn--bcher-kva.example", "1.2.3"],
    "ipv4": ["0.0.0.0", "255.255.255.255", "192.168.0.1"],
    "ipv6": ["::", "::1", "2001:db8::ff00:42:8329", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8"],
    "uuid": ["2eb8aa08-aa98-11ea-b4aa-73b441d16380", "00000000-0000-0000-0000-000000000000"],
    "uri": ["https://example.com/a?b=c#d", "mailto:a@b.c", "urn:isbn:1", "http://[::1]:80/",
            "file:///etc/hosts", "tel:+49-30-1"],
}  # fmt: skip
WRONG = {
    "date": ["04/03/2025", "2025-02-29", "1900-02-29", "2025-13-01", "2025-04-31", "2025-3-4",
             "0000-01-01", "2025-03-04T", "٢٠٢٥-٠٣-٠٤", "2025-03-04\n", "", "0000-02-29"],
    "time": ["24:00:00Z", "12:00:00", "12:00Z", "12:60:00Z"],
    "date-time": ["2025-03-04 12:00:00Z", "2025-02-29T12:00:00Z", "2025-03-04T12:00:00"],
    "duration": ["P", "PT", "P1", "1D", "P1D2H", "P1YT", "P1W2D", "P1Y1D"],
    "email": ["anna.weber(at)example", "a@", "@b", "a b@c", "a..b@c", ".a@b", "a@b..c", "a@-b"],
    "hostname": ["-a", "a-", "a..b", "", "a_b", f"{'x' * 64}.com", "ünder.example"],
    "ipv4": ["256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4.5", "1.2.3.4 "],
    "ipv6": ["1:2:3", ":::", "12345::", "::1::", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0"],
    "uuid": ["2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", "{x}"],
    "uri": ["example.com/a", "//example.com", "http://a b", "http://exa<mple>", "http://[1]/", ""],
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_takes_what_its_standard_takes_and_nothing_else(name: str) -> None:
    assert [text for text in RIGHT[name] if not matches(name, text)] == []
    assert [text for text in WRONG[name] if matches(name, text)] == []


def test_a_date_is_a_day_of_the_calendar() -> None:
    pattern = re.compile(FORMATS["date"])
    years = [*range(1, 10), 96, 100, 400, 800, 1582, 1900, 1999, 2000, 2023, 2024, 2100, 9996, 9999]
    for year in years:
        for month in range(14):
            last = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0
            for day in range(33):
                is_one = 1 <= day <= last
                assert bool(pattern.fullmatch(f"{year:04}-{month:02}-{day:02}")) == is_one


@given(st.datetimes(timezones=st.timezones()), st.ip_addresses(), st.uuids(), st.emails())
def test_what_others_make_is_taken(
    moment: dt.datetime, address: ipaddress.IPv4Address, identity: uuid.UUID, mail: str
) -> None:
    assert matches("date", moment.date().isoformat())
    assert matches("date-time", moment.astimezone(dt.UTC).isoformat() if 2 < moment.year < 9998
                   else "2025-01-01T00:00:00Z")  # fmt: skip
    assert matches("ipv6" if ":" in str(address) else "ipv4", str(address))
    assert matches("uuid", str(identity))
    assert matches("email", mail)


def test_an_unknown_format_has_no_pattern() -> None:
    assert format_pattern("iban") is None
