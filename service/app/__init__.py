"""Use cases: one a file, a verb each. Each takes the ``House`` first and owns its transactions."""
