"""Two recorded runs of an invented workflow, which `dslm demo` gates anywhere, without torch.

`draw_answers` drew the answers once, from a seed, and wrote them into the files beside it; no model
gave them. `replay_repository` makes a repository of them by the functions that the stages call, so
that gate, `dslm verify` and report work on it as on any other: nothing of their result is written
down.
"""
