"""Generators of the example workflows' data, one package a workflow.

They give the case files under `data/<workflow>/sources/` and `eval/<workflow>/gold.jsonl`: people
and the tests run them to prove where the data came from. `recorded_runs` ships two runs that
`dslm demo` gates. Nothing else in `dslm` imports them.
"""
