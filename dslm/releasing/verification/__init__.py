"""A release proved from its bytes, fetched, judged again and loaded.

In goes a version or a folder, out comes a proof or a decider. Called by moves, `dslm predict` and
the Python API.
"""
