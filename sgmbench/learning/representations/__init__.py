"""Transforms that a representation is composed of."""
