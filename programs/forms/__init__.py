"""Forms: the objects of their layouts, and the guide's own."""
