"""What a release is made of: package, model card, bill of materials, recorded answers, erasures.

In goes a candidate that passed, out comes a folder and a version. Called by the register stage and
by readers of releases.
"""
