"""Google Calendar (v3) and Google sign-in.

The rooms: ``adapter`` is the way in; ``finding`` connects, ``reading`` says what is new, ``free_busy`` reads accounts that
grant no more than that, ``writing`` creates, changes and cancels, ``watching`` is push, ``sign_in`` is OAuth and ``id_token``
proves who signed in. ``items`` turns Google's JSON into events and ``series`` what repeats; ``api`` sends every request,
``answers`` is the table answer -> action, ``places`` and ``scopes`` hold the addresses and what is asked of a person.

What is taken from Google's libraries, and what is not: google-api-python-client builds and checks every request from the
description of the API that comes with it, and google-auth-oauthlib does the code flow with PKCE. What carries the bytes is our
guarded client in the place of httplib2 (which is not thread-safe, has no deadline for a whole answer and opens a connection per
object) and of requests. google-auth's own refresh is left alone, because it sleeps between attempts of its own.

Titles, descriptions and places are never read: partial responses (``fields``) ask for times and answers alone.
"""

from integrations.google.adapter import GoogleCalendar
from integrations.google.api import GoogleApi
from integrations.google.sign_in import GoogleSignIn
from integrations.google.watching import GoogleWatcher

__all__ = ["GoogleApi", "GoogleCalendar", "GoogleSignIn", "GoogleWatcher"]
