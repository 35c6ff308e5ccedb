"""Commands on releases: `dslm release …`.

In goes a workflow and a version, out comes what the registry holds or a move. Put together by
`dslm.cli.app`.
"""
