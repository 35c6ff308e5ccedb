"""Release pipeline for domain-specific small language models (DSLMs)."""

__version__ = "0.1.0"
