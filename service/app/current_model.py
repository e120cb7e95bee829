"""The global terms in use, kept in this process: no request asks the database for them.

The active version is looked at where the process starts, in every round, and right after it was changed here. So another
process uses a new version within a round; until then it uses the one before, which was good enough yesterday.
"""

from __future__ import annotations

import structlog

from service.app.house import House
from service.domain.stability import PRIOR, terms_of
from service.store import model_versions

log = structlog.get_logger(__name__)


def read_model(house: House) -> None:
    """Brings the kept terms up to date. Reads the whole version only when it is another one than before."""
    with house.reading() as session:
        newest = model_versions.active_id(session)
        if newest == house.model.version_id:
            return
        row = model_versions.active(session)
    if row is None:
        house.model.use(PRIOR, None)
        return
    try:
        house.model.use(terms_of(row.terms), row.id)
    except (KeyError, TypeError, ValueError):  # a version of a newer release: what is in use goes on
        log.exception("model_version_not_understood", version=row.id)
