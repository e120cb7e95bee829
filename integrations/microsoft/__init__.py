"""Outlook calendars, personal and of work or school accounts, by Microsoft Graph v1.0.

The rooms: ``adapter`` is the way in. ``connecting`` finds the calendars of an account, ``changes`` says what is new
(``delta`` reads pages, ``series`` puts recurring events together), ``free_busy`` reads accounts that gave no more than
that, ``writing`` creates, changes and cancels, ``watching`` keeps subscriptions. ``events`` reads one event, ``zones``
its clocks, ``working_time`` the defaults an account tells. ``graph`` sends every request and ``answers`` says what a
refusal means. ``sign_in`` is OAuth by msal, which reaches the network through ``msal_network``; ``scopes`` says what is
asked for and what was given.

``Account.settings`` as ``Grant.settings`` and ``Connection.settings`` hold them: ``kind`` (``work`` or ``personal``),
``access`` (``free_busy`` or ``events``), ``writes`` (``yes`` or ``no``), ``address`` (the mailbox), ``calendar`` (an id;
missing for the default calendar), ``online`` (which meetings can be online, if any; a link is made where one is wanted).
``Account.secret``: ``access_token``; ``cache`` and the rest are ``sign_in``'s."""

from integrations.microsoft.adapter import MicrosoftCalendar
from integrations.microsoft.graph import Graph
from integrations.microsoft.sign_in import MicrosoftSignIn
from integrations.microsoft.watching import MicrosoftWatcher

__all__ = ["Graph", "MicrosoftCalendar", "MicrosoftSignIn", "MicrosoftWatcher"]
