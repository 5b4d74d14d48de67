"""Samplers: methods that spend solver runs."""
