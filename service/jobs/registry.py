"""Which jobs there are: a name, the use case behind it, how often it is tried, and what happens after the last try."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from service.app.deliver_webhook import deliver_webhook
from service.app.house import House
from service.app.send_mail import give_up_mail, send_mail
from service.app.sync_calendar import sync_calendar
from service.app.write_booking import give_up, write_booking
from service.domain.errors import HoldfastError, NotFound, ProviderTrouble, Throttled, Unreachable
from service.domain.timespan import HOUR, MINUTE

log = structlog.get_logger(__name__)

PATIENT = (5, 20, MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR)
BRIEF = (5, 30, 5 * MINUTE)


@dataclass(frozen=True, slots=True)
class Job:
    """A use case that runs in the background. ``retries``: seconds before each further try."""

    run: Callable[..., Any]
    retries: tuple[int, ...] = BRIEF
    give_up: Callable[..., None] | None = None  # (house, *args, trouble)


JOBS: dict[str, Job] = {
    "sync_calendar": Job(sync_calendar),
    "write_booking": Job(write_booking, PATIENT, give_up),
    "send_mail": Job(send_mail, PATIENT, give_up_mail),
    "deliver_webhook": Job(deliver_webhook),
}


def run_job(house: House, name: str, args: tuple[str | int, ...], attempt: int) -> int | None:
    """Runs one try. Returns after how many seconds to try again, or ``None`` when it is done (or given up)."""
    job = JOBS[name]
    try:
        job.run(house, *args)
    except NotFound:
        log.info("job_without_object", job=name, args=args)
        return None
    except (Unreachable, Throttled) as trouble:
        return _again(house, name, args, attempt, trouble)
    except Exception as error:  # a fault of ours must not lose the work: it is tried again like any other failure
        log.exception("job_failed", job=name, args=args, attempt=attempt)
        return _again(house, name, args, attempt, ProviderTrouble(f"An unexpected fault: {type(error).__name__}."))
    return None


def _again(house: House, name: str, args: tuple[str | int, ...], attempt: int, trouble: HoldfastError) -> int | None:
    job = JOBS[name]
    if attempt < len(job.retries):
        asked = int(getattr(trouble, "retry_after", None) or 0)
        return max(job.retries[attempt], min(asked, 12 * HOUR))
    log.warning("job_given_up", job=name, args=args, reason=trouble.code)
    if job.give_up is not None:
        job.give_up(house, *args, trouble)
    return None
