"""From an input to a decided answer: base model, prompt, grammar, decoding, decision."""
