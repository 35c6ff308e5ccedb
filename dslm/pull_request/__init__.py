"""A pull request judged by the branch that it would land on: its files are data, none of it runs.

In: the checkout of the target branch, whose code judges, and a folder with a pull request's files.
Out: a `Judgement`. `changed_files` compares, `judging_tree` lays the pull request's data beside the
target's code, `dvc_files` and `evidence_pull` fetch what stages made, `judging` puts it together;
`commenting` is the job that posts. Called by `dslm gate pull-request`.
"""
