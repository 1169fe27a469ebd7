"""The director's report."""
