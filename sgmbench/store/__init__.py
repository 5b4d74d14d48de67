"""The results folder: written atomically, checksummed, versioned."""
