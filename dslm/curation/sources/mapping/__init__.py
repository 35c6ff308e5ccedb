"""One row of a source to one case: columns, nested fields, chats, types.

In goes a row, out comes a case or the reason why not. Called by the source table and the readers.
"""
