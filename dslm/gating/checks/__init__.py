"""The kinds of checks and the statistics that they rest on.

In go rows and the policy, out come check results. Called by the gate.
"""
