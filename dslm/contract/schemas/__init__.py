"""The contract's output schema, in the one form that validator, grammar and caster all read.

In: `output` as its owner or Pydantic wrote it. Out: `resolved` (no `$ref`, no remarks),
    `decodable_schema` (narrower still: one pattern for a format, one meaning for a class of
    characters, a complaint for each keyword that no grammar can hold), an answer in its canonical
    form, and whether the grammar accepts a text.

`resolved_references` writes `$ref` out, `output_schema` asks what an output must be,
`decodable_schema` puts the narrower form together from `string_formats`, `regex_patterns` and
`numeric_ranges`; `canonical_values` orders and normalises answers, `grammar_acceptance` asks
llguidance.
"""
