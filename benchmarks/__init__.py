"""Measurements of the project by itself: each module prints its own (`python -m benchmarks.NAME --json`)."""
