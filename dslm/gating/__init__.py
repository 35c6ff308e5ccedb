"""Rows, scorecard and policy in; a verdict out that fails closed. No torch."""
