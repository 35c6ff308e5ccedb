"""Makes environments and processes with limits."""
