"""Assessments, insurance and credentials."""
