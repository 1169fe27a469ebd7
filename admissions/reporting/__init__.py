"""The director's figures, their charts and CSV, and the counts of page views."""
