"""The post office: what Holdfast asks of people goes out in bundles, seldom, by day, and only while it still stands.

News (an invitation, a change, a cancellation) goes at once: see ``app.invite`` and ``app.disconnect``. What asks or offers
something is an *ask*: ``ask`` writes it down in the transaction that makes it, ``bundle`` sends what still stands when the
person's rules (``domain.mail_rules``) allow it, and ``kinds`` says for each kind whether it still stands and how it reads.
"""
