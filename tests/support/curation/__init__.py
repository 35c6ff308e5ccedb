"""Makes source files, curated data, planted personal values and schemas."""
