"""The pure core: no I/O, no framework; the standard library, numpy and the holidays library."""
