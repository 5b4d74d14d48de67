"""Engines: what makes the steps of a sweep, child processes of this one or the workers of a dask cluster."""
