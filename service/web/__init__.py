"""The pages: server-rendered HTML for people, with plain forms, no script, and nothing from any other host.

``pages.mount`` puts them into the application. ``frame`` renders and sets the headers, ``forms`` guards what is sent back,
``words`` and ``ledger_words`` say things to people, the ``*_view`` files read what a page shows, ``own_*`` are a person's
own pages behind a signed link, and ``demo_*`` exist only in the demo.
"""
