"""The ledger of looks: who has seen which gold set, and what alpha that leaves.

In: evidence of a candidate's answers, and the gold cases. Out: a `Look`, with the number and the
share of alpha that it has for ever. `look` is the noun, `look_ledger` reads and writes
`eval/W/looks/`, `alpha_spending` divides alpha. Called by the score and gate stages, by the gate,
and by registration and promotion.
"""
