"""Distances and statistics of samples against a reference, one a file: formula, bias, cost.

A metric is given finite rows only; what was not finite has been counted as failed before.
"""
