"""One self-contained HTML page of a run, or of runs side by side: no request, no framework, one file a section."""
