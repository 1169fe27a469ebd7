"""How Celery works here: which worker does what."""
