"""Figures of a run as SVG, one file a kind, byte-reproducible."""
