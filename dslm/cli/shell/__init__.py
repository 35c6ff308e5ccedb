"""What every command stands on: errors to exit codes, streams, signals, tables, stage entry.

In goes a function, out comes an exit code. Called by all commands and by `pipelines`.
"""
