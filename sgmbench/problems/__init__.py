"""Models under uncertainty, one file each, its equations on top."""
