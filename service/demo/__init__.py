"""The demo's sample people, their calendars and their history.

Everything goes in through the use cases, on a clock set back, so that nothing is there that the product itself would not
write. The same seed and the same moment give the same calendars.
"""
