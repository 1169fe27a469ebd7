"""Counselors, their hours, the open slots, who gets which, and where time runs short."""
