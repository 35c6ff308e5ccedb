"""Thin stage entry points: each parses, makes its library calls and prints one line."""

import sys

if sys.argv[:1] == ["-m"]:  # `python -m` is about to load a command or stage: nothing else ran yet
    from dslm.cli.shell.boundary import last_resort

    last_resort()
