"""Makes releases, registries, servers and people who sign."""
