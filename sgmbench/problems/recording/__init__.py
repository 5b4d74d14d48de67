"""Files of recorded runs, one format a file, and what is read from them: z, y and their layout."""
