"""Two runs of one experiment, cell by cell: what became better, what worse, what cannot be said."""
