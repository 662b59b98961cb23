"""Scoring with exported models: tables and trees as JSON, evaluated here; no training library is ever needed for it."""
