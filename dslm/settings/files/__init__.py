"""How files are read: strict YAML, encodings, names, and whether a path is a plain file.

In goes a path, out comes a document or a clear error. Called by all of settings and the readers.
"""
