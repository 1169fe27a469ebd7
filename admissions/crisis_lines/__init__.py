"""How the lines for urgent help change: asked by one person, decided by a second."""
