"""Families of noise, one a file."""
