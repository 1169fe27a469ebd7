"""Quarters of the audit as encrypted files, with their seals: written, read back, put away."""
