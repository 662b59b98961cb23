"""Wiring only: settings, URLs, Celery, the process runner. Owns no business rule."""
