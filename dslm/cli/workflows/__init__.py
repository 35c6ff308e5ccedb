"""Commands on contract and data: `init`, `import`, `check`, `breaks`, `show`, `review`, `forget`.

In goes a workflow's folder, out come findings and files. Put together by `dslm.cli.app`.
"""
