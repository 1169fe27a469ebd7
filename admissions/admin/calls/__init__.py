"""The telephone on the desk: a new call, and the list of calls."""
