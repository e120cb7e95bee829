"""The JSON API: HTTP in, a use case, JSON out. Nothing is decided here.

``application`` puts it together. One file a noun holds its calls (``people``, ``pairs``, ``meetings`` …); ``schemas`` says
what they take and give, and is what the OpenAPI document is made of; ``plumbing`` is what every call shares: who is
calling, problems, Idempotency-Key, If-Match, pages of lists.

Answers are the plain dicts of ``service.app.show``, sent as they are. The schemas of answers are documentation, and a test
holds the real answers against them.
"""
