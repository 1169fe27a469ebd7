"""Calls to us: each one that was taken, who rings now, and what the caller was told."""
