"""One training run: encoded rows, LoRA adapter, loss, packing, callbacks, record.

In go proved rows and a recipe, out comes an adapter. Called by the train stage.
"""
