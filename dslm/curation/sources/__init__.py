"""Source files to one table of cases: formats, row mapping, imports, the engine that reads.

In go the contract's sources, out comes a table on disk with rejects. Called by the pipeline, `dslm
check`, `dslm init` and erasure.
"""
