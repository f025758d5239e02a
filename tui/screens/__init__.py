"""Catalog (choose), Lab (one run)."""
