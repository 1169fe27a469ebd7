"""The page “My alerts”: what its reader is told of, and where."""
