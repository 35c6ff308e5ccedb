"""Reads the repository's code, documents and pages for tests."""
