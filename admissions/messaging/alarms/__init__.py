"""Danger, told again and again until a named person has it."""
