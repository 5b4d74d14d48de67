"""Diffrax solvers that Diffrax does not have, one a file."""
