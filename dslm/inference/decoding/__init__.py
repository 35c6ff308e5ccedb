"""Batched decoding under a grammar: engine, attention, KV cache, threads.

In go prompts and a grammar, out come answers with probabilities. Called by the decider.
"""
