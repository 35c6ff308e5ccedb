"""A pull request judged by the branch that it would land on: its files are data, none of it runs.

In: the checkout of the target branch, whose code judges, and a folder with a pull request's files.
Out: a `Judgement`. `changed_files` compares, `judged_tree` lays the pull request's data beside the
target's code, `dvc_files` and `evidence_pull` fetch what stages made, `judge_pull_request` puts it
together; `post_comment` is the job that posts. Called by `dslm gate pull-request`.
"""
