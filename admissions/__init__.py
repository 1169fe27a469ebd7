"""How a person comes to us, in rooms: see docs/architecture.md."""
