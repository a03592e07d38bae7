"""Kept petitions."""
