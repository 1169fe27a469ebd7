"""People who work here, for the director."""
