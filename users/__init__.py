"""Whoever can sign in: the model that AUTH_USER_MODEL names, below every other room."""
