"""How staff sign in: second factor, sessions, throttling, roles."""
