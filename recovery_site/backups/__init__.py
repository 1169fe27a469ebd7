"""Encrypted backups of the database, the proof that they restore, and the way back."""
