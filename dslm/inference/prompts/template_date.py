"""The one date that chat templates are told: another each day would be another prompt each day.

Takes a template that asks for the time (`strftime_now`: Llama 3.2's and Granite 3's write today's
date into the system turn); gives the same template with the question answered. Used by the prompt
renderer, so training and serving show a model the same date whenever they run.
"""

from __future__ import annotations

DATE = "2024-07-26"  # which Llama's templates write where nothing tells them the time
ASKS = "strftime_now"

# English whatever the locale. What is not here is written as it stands, on every day alike.
_DIRECTIVES = {
    "%-d": "26", "%-m": "7", "%-I": "12", "%-H": "0", "%-M": "0", "%-S": "0", "%-j": "208",
    "%A": "Friday", "%a": "Fri", "%B": "July", "%b": "Jul", "%h": "Jul", "%d": "26", "%e": "26",
    "%m": "07", "%Y": "2024", "%y": "24", "%G": "2024", "%j": "208", "%u": "5", "%w": "5",
    "%U": "29", "%V": "30", "%W": "30", "%H": "00", "%I": "12", "%M": "00", "%S": "00",
    "%f": "000000", "%p": "AM", "%Z": "", "%z": "", "%D": "07/26/24", "%F": DATE, "%x": "07/26/24",
    "%R": "00:00", "%T": "00:00:00", "%X": "00:00:00", "%c": "Fri Jul 26 00:00:00 2024",
    "%%": "%",
}  # fmt: skip


def with_fixed_date(template: str) -> str:
    """A template that writes `DATE` where it asks for the time; any other one as it is.

    A macro of that name, on a line of its own, hides transformers' function from the template.
    """
    if ASKS not in template:
        return template
    filters = "".join(f" | replace({d!r}, {said!r})" for d, said in _DIRECTIVES.items())
    return f"{{% macro {ASKS}(format) %}}{{{{ format{filters} }}}}{{% endmacro %}}\n{template}"
