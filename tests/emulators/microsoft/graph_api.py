"""Graph's answers: the rooms put together."""

from __future__ import annotations

from collections.abc import Callable

from tests.emulators.microsoft.asking import Asked, Problem
from tests.emulators.microsoft.graph_times import BadTimeError
from tests.emulators.microsoft.happenings import Happenings
from tests.emulators.microsoft.mailbox import Mailbox
from tests.emulators.microsoft.post_office import PostOffice
from tests.emulators.microsoft.server import Answer, Request, error
from tests.emulators.microsoft.views import Views


class GraphApi(Views, Happenings):
    """Answers for every mailbox."""

    def __init__(self, office: PostOffice) -> None:
        Views.__init__(self)
        Happenings.__init__(self)
        self.office = office

    def answer(self, request: Request, operation: str, box: Mailbox) -> Answer:
        """One request whose token and scopes are good."""
        try:
            asked = Asked(request, box, self._style(request), self._body(request))
            if not box.enabled:
                raise Problem(
                    404, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive or hosted on-premise."
                )
            handler: Callable[[Asked], Answer] = getattr(self, f"_{operation}")
            return handler(asked)
        except Problem as problem:
            return problem.answer
        except BadTimeError as problem:
            return error(400, "ErrorInvalidParameter", str(problem))
