"""Studies: what can be learned about a problem or a method beyond a run's scores."""
