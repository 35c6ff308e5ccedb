"""Thin stage entry points: each parses, makes its library calls and prints one line."""
