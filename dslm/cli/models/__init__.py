"""Commands that use a model: `base`, `doctor`, `predict`, `compare`, and answers given again.

In go a workflow and a base model, out come answers or findings. Put together by `dslm.cli.app`.
"""
