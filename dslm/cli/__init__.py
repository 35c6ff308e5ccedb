"""The `dslm` command line: for people. Stages run under DVC, from `pipelines`."""
