"""What a gold set of a given size can show: detectable differences, power, alarm.

In go a policy and gold's groups, out come differences and needed cases. Called by `dslm check`,
data card, gate explanation.
"""
