"""Figures of the site for monitors, computed from the database."""
