"""Numerical building blocks that several problems share, one algorithm a file."""
