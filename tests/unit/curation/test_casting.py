import pytest

from dslm.curation.casting import cast


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "string"}, 12, "12"),
        ({"type": ["string", "null"]}, 12.5, "12.5"),
        ({"type": "string"}, True, True),
        ({"type": "integer"}, "7", 7),
        ({"type": "integer"}, 7.0, 7),
        ({"type": "integer"}, "7.0", 7),
        ({"type": "integer"}, "7.5", "7.5"),
        ({"type": "number"}, " 7 ", 7),
        ({"type": "number"}, "1.309,00", "1.309,00"),
        ({"type": "number"}, "1e999", "1e999"),
        ({"type": "number"}, "nan", "nan"),
        ({"type": "boolean"}, "true", True),
        ({"type": "array"}, '["a"]', ["a"]),
        ({"enum": ["0", "19", None]}, 19, "19"),
        ({"enum": [0, 19]}, "19", 19),
        ({"enum": ["a", "b"]}, "c", "c"),
        ({"const": 3}, "3", 3),
        ({"anyOf": [{"type": "string"}]}, 3, 3),
        ({"type": "integer"}, float("inf"), float("inf")),
    ],
)
def test_only_the_obvious_is_cast(schema, value, expected):
    got = cast(schema, value)
    assert got == expected
    assert type(got) is type(expected)
