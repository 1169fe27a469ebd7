"""The audit, to read."""
