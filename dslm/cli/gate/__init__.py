"""Commands on a run's verdict: `gate`, `gate pull-request`, `report`, `verify`, `demo`.

In goes a workflow's recorded run, out come verdict, page and proof. Put together by
`dslm.cli.app`.
"""
