"""What the house asks of the outside, as protocols; each has at least two adapters."""
