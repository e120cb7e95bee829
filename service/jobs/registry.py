"""Which jobs there are: a name, the use case behind it, how often it is tried, and what happens after the last try."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from service.app.close_proposals import confirm_steadiest, let_expire
from service.app.deliver_new import deliver_new, give_up_new
from service.app.deliver_webhook import deliver_webhook, give_up_delivery
from service.app.fallbacks import hold_fallback
from service.app.house import House
from service.app.last_meeting import propose_last
from service.app.look_after import look_after
from service.app.look_ahead import look_ahead
from service.app.onus import offer_times
from service.app.post.bundle import send_bundle
from service.app.read_mailbox import read_mailbox
from service.app.refit import refit
from service.app.send_mail import give_up_mail, send_mail
from service.app.sync_calendar import give_up_reading, sync_calendar
from service.app.take_care import offer_better, take_care
from service.app.tidy import tidy
from service.app.watch_calendar import watch_calendar
from service.app.write_booking import give_up, write_booking
from service.domain.errors import HoldfastError, NotFound, ProviderTrouble, Throttled, Unreachable
from service.domain.timespan import HOUR, MINUTE

log = structlog.get_logger(__name__)

PATIENT = (5, 20, MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR)
BRIEF = (5, 30, 5 * MINUTE)
LONGEST_WAIT = 12 * HOUR
GIVE_UP_AGAIN = HOUR  # what is done after the last try failed itself (the database was away): it is not left undone
GIVE_UPS = 24

Args = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A use case that runs in the background. ``retries``: seconds before each further try."""

    run: Callable[..., Any]
    retries: tuple[int, ...] = BRIEF
    give_up: Callable[..., None] | None = None  # (house, *args, trouble)


JOBS: dict[str, Job] = {
    "sync_calendar": Job(sync_calendar, BRIEF, give_up_reading),
    "write_booking": Job(write_booking, PATIENT, give_up),
    "send_mail": Job(send_mail, PATIENT, give_up_mail),
    "send_bundle": Job(send_bundle),  # what could not go stays due
    "read_mailbox": Job(read_mailbox),  # the next round reads on
    "deliver_new": Job(deliver_new, BRIEF, give_up_new),
    "deliver_webhook": Job(deliver_webhook, BRIEF, give_up_delivery),
    "look_after": Job(look_after),  # given up, it is due again in the next hour's round
    "hold_fallback": Job(hold_fallback),
    "offer_times": Job(offer_times, PATIENT),
    "take_care": Job(take_care),
    "offer_better": Job(offer_better),
    "confirm_steadiest": Job(confirm_steadiest, BRIEF, let_expire),
    "watch_calendar": Job(watch_calendar),  # given up, it is due again in the next hour's round
    "propose_last": Job(propose_last, PATIENT),
    "tidy": Job(tidy),
    "look_ahead": Job(look_ahead),  # given up, what is left is due again in the next quarter hour's round
    "refit": Job(refit),
}


def run_job(house: House, name: str, args: Args, attempt: int) -> int | None:
    """Runs try number ``attempt`` (from 0); never raises an ``Exception``.

    Returns after how many seconds to try again, or ``None`` when it is done (or given up)."""
    try:
        _job(name).run(house, *args)
    except NotFound:
        log.info("job_without_object", job=name, args=args)
    except (Unreachable, Throttled) as trouble:
        return _again(house, name, args, attempt, trouble)
    except Exception as error:  # a fault of ours must not lose the work: it is tried again like any other failure
        log.exception("job_failed", job=name, args=args, attempt=attempt)
        return _again(house, name, args, attempt, ProviderTrouble(f"An unexpected fault: {type(error).__name__}."))
    return None


def give_up_job(house: House, name: str, args: Args, trouble: HoldfastError) -> None:
    """What is done when a job will not be tried again. Raises what the use case behind it raises, but for ``NotFound``."""
    log.warning("job_given_up", job=name, args=args, reason=trouble.code)
    last = _job(name).give_up
    if last is not None:
        try:
            last(house, *args, trouble)
        except NotFound:
            log.info("job_without_object", job=name, args=args)


def _job(name: str) -> Job:
    # A job of a newer release, taken by a worker that is still the older one: tried again until a newer one has it.
    return JOBS.get(name) or Job(_unknown, PATIENT)


def _unknown(_house: House, *_args: str | int) -> None:
    raise Unreachable("This release knows no such job.")


def _spread(seconds: int, name: str, args: Args, attempt: int) -> int:
    """Up to an eighth longer, and never shorter: those who failed together do not all come back together. The same for the same
    job and try, so that nothing depends on chance."""
    return seconds + zlib.crc32(repr((name, args, attempt)).encode()) % (seconds // 8 + 1)


def _again(house: House, name: str, args: Args, attempt: int, trouble: HoldfastError) -> int | None:
    retries = _job(name).retries
    if attempt < len(retries):
        asked = math.ceil(getattr(trouble, "retry_after", None) or 0)
        return _spread(max(retries[attempt], min(asked, LONGEST_WAIT)), name, args, attempt)
    try:
        give_up_job(house, name, args, trouble)
    except Exception:
        log.exception("give_up_failed", job=name, args=args)
        return GIVE_UP_AGAIN if attempt < len(retries) + GIVE_UPS else None
    return None
