"""The contract's output schema, in the one form that validator, grammar and caster all read.

In: `output` as its owner or Pydantic wrote it. Out: `resolved` (no `$ref`, no remarks), `decodable`
(narrower still: one pattern for a format, one meaning for a class of characters, a complaint for
each keyword that no grammar can hold), an answer in its canonical form, and whether the grammar
accepts a text.

`references` writes `$ref` out, `output_schema` asks what an output must be, `decodable` puts the
narrower form together from `formats`, `patterns` and `numeric_ranges`; `canonical` orders and
normalises answers, `acceptance` asks llguidance.
"""
