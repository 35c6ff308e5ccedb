"""Doctor: what must hold of tokenizer, chat template and rows before the first step is taken.

One file a check, their order in `doctor_checks`; `dslm doctor` and training run the same ones.
"""
