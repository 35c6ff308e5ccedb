"""How the invented mails and scans are worded and laid out.

In go the facts of one bill, out comes text. Called by `example_cases`.
"""
