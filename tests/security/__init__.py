"""Promises of privacy and security, tried from the outside."""
