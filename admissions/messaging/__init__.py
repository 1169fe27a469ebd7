"""Emails as rows of an outbox: the catalog of kinds, who is owed which, rendering, delivery."""
