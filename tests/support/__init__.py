"""What tests share: each module says what it makes.

Imported as `support.<room>.<module>`.
"""
