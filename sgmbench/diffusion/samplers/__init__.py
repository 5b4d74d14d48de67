"""Samplers, one a file: which solver, in which time, on which grid."""
