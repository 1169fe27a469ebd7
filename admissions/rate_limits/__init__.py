"""How many online requests may come from one place, and from everyone together."""
