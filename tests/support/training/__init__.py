"""Makes training runs: killed, distributed, measured, by other programs."""
