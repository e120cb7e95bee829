"""One-tap actions: what the buttons in mails, and the same buttons on pages, do.

``links`` makes and opens the signed addresses, ``verbs`` lists what can be done, one file a verb. Opening an address shows
what it would do and changes nothing (mail scanners follow links); sending its form does it, once.
"""
