"""The composition root: the only place that knows which adapter stands behind which port."""

from __future__ import annotations

import asyncio
import secrets as random_secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.util import greenlet_spawn

from integrations.caldav import CalDavCalendar
from integrations.email import ImapMailbox, KeptMailer, SmtpMailer
from integrations.google import GoogleApi, GoogleCalendar, GoogleSignIn, GoogleWatcher
from integrations.http import GuardedClient
from integrations.ical import IcalFeedWriter
from integrations.ics import IcsCalendar
from integrations.local import LocalCalendar
from integrations.microsoft import Graph, MicrosoftCalendar, MicrosoftSignIn, MicrosoftWatcher
from integrations.vault import SealedVault
from integrations.webhook import StandardWebhookSender
from service.api.application import create_app
from service.app.counted import CountedSignIn, CountedWatcher, counted_calendar
from service.app.current_model import read_model
from service.app.house import House, new_id
from service.app.keep_counts import keep_counts
from service.app.outside import Outside, Tally
from service.jobs.durable import DurableJobs
from service.jobs.rounds import Rounds
from service.jobs.single_process import SingleProcess
from service.ports.calendar import CalendarAdapter
from service.ports.clock import Clock, SystemClock
from service.ports.mailbox import Mailbox
from service.ports.mailer import Mailer
from service.ports.sign_in import SignIn
from service.ports.watch import Watcher
from service.settings import Settings, secret_keys
from service.store.engine import is_sqlite, make_engine
from service.store.local_events import StoredLocalEvents
from service.store.migrate import is_current, migrate
from service.web import pages


@dataclass
class Installation:
    """A running (or ready to run) Holdfast: the house, the HTTP application, and the background work."""

    settings: Settings
    house: House
    durable: DurableJobs
    app: FastAPI = field(init=False)
    rounds: Rounds | None = None
    lock: SingleProcess | None = None

    def start(self) -> None:
        """Begins the background work. Raises ``BadInput`` when another process already works on this SQLite file."""
        if self.lock is not None:
            self.lock.acquire()
        self.durable.start(self.house)
        self.rounds = Rounds(self.house, self.durable.look_after)
        self.rounds.start()

    def stop(self) -> None:
        """Finishes what is under way."""
        if self.rounds is not None:
            self.rounds.stop()
            self.rounds = None
        self.durable.stop()
        try:
            keep_counts(self.house)
        except Exception:  # the database is away: a few counts are lost, and nothing else
            structlog.get_logger(__name__).warning("counts_not_kept")
        if self.lock is not None:
            self.lock.release()
        self.house.engine.dispose()

    def ready(self) -> dict[str, bool]:
        """What ``/readyz`` asks: database, worker, keys."""
        return {
            "database": self._database_answers(),
            "worker": self.rounds is not None and self.rounds.alive() and self.durable.alive(),
            "keys": self._keys_work(),
        }

    def _database_answers(self) -> bool:
        try:
            with self.house.reading() as session:
                session.connection().execute(text("SELECT 1"))
            return is_current(self.house.engine)
        except Exception:
            structlog.get_logger(__name__).exception("database_away")
            return False

    def _keys_work(self) -> bool:
        probe = random_secrets.token_hex(8)
        return self.house.vault.open(self.house.vault.seal(probe, "ready"), "ready") == probe


def calendars(
    client: GuardedClient, local_events: StoredLocalEvents, clock: Clock, tally: Tally
) -> dict[str, CalendarAdapter]:
    """Every calendar provider of this installation. Behind ``ics`` and ``caldav`` are as many servers as people like."""
    return {
        "ics": counted_calendar(IcsCalendar(client, clock), Outside("ics", tally, clock, shared=False)),
        "caldav": counted_calendar(CalDavCalendar(client), Outside("caldav", tally, clock, shared=False)),
        "local": LocalCalendar(local_events),
    }


def _google(settings: Settings, clock: Clock) -> GoogleApi | None:
    if not settings.google_client_id or settings.google_client_secret is None:
        return None
    return GoogleApi(base=settings.google_base, ca_bundle=settings.ca_bundle, clock=clock)


def _graph(settings: Settings, client: GuardedClient, clock: Clock) -> Graph | None:
    if not settings.microsoft_client_id or settings.microsoft_client_secret is None:
        return None
    return Graph(client, settings.graph_base, clock=clock)


def _hosts_named(settings: Settings) -> bool:
    defaults = Settings.model_fields
    return any(getattr(settings, name) != defaults[name].default for name in ("graph_base", "microsoft_login_base"))


@dataclass
class Accounts:
    """The providers with accounts of their own, as far as this installation has their client credentials."""

    calendars: dict[str, CalendarAdapter] = field(default_factory=dict)
    sign_ins: dict[str, SignIn] = field(default_factory=dict)
    watchers: dict[str, Watcher] = field(default_factory=dict)


def accounts(settings: Settings, client: GuardedClient, clock: Clock, tally: Tally) -> Accounts:
    """Google and Microsoft, where they are set up."""
    found = Accounts()

    def add(name: str, calendar: CalendarAdapter, watcher: Watcher, sign_in: SignIn) -> None:
        outside = Outside(name, tally, clock, round_seconds=settings.sync_seconds)
        found.calendars[name] = counted_calendar(calendar, outside)
        found.watchers[name] = CountedWatcher(watcher, outside)
        found.sign_ins[name] = CountedSignIn(sign_in, Outside(name, tally, clock, shared=False))

    google, graph = _google(settings, clock), _graph(settings, client, clock)
    if google is not None and settings.google_client_id and settings.google_client_secret:
        google_sign_in = GoogleSignIn(
            google,
            client_id=settings.google_client_id,
            client_secret=settings.google_client_secret.get_secret_value(),
        )
        add("google", GoogleCalendar(google), GoogleWatcher(google), google_sign_in)
    if graph is not None and settings.microsoft_client_id and settings.microsoft_client_secret:
        microsoft_sign_in = MicrosoftSignIn(
            client,
            graph,
            client_id=settings.microsoft_client_id,
            client_secret=settings.microsoft_client_secret.get_secret_value(),
            tenant=settings.microsoft_tenant,
            login_base=settings.microsoft_login_base,
        )
        add("microsoft", MicrosoftCalendar(graph), MicrosoftWatcher(graph), microsoft_sign_in)
    return found


def _mailer(settings: Settings, clock: Clock) -> Mailer:
    if settings.smtp_url is None:
        return KeptMailer()
    return SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from, clock, ca_bundle=settings.ca_bundle)


def _mailbox(settings: Settings) -> Mailbox | None:
    if settings.imap_url is None:
        return None
    return ImapMailbox(settings.imap_url.get_secret_value(), settings.mail_address, ca_bundle=settings.ca_bundle)


def build(settings: Settings, *, clock: Clock | None = None, demo: bool = False) -> Installation:
    """Wires everything. Migrates the database; starts nothing."""
    clock = clock or SystemClock()
    engine = make_engine(settings.database_url)
    migrate(engine)
    client = GuardedClient(allow_private=settings.allow_private_urls, ca_bundle=settings.ca_bundle)
    vault = SealedVault(secret_keys(settings))
    durable = DurableJobs(engine)
    # An administrator who names another host for a provider may name one of their own network.
    named = GuardedClient(
        allow_private=settings.allow_private_urls or _hosts_named(settings), ca_bundle=settings.ca_bundle
    )
    tally = Tally()
    others = accounts(settings, named, clock, tally)
    bootstrap = settings.bootstrap_api_key
    kept = StoredLocalEvents(engine, lambda prefix: new_id(prefix, clock.now()))
    house = House(
        engine=engine,
        clock=clock,
        vault=vault,
        jobs=durable,
        calendars=others.calendars | calendars(client, kept, clock, tally),
        mailer=_mailer(settings, clock),
        mailbox=_mailbox(settings),
        webhooks=StandardWebhookSender(client, clock),
        feed=IcalFeedWriter(),
        public_url=settings.public_url,
        mail_from=settings.mail_address,
        sync_seconds=settings.sync_seconds,
        sign_ins=others.sign_ins,
        watchers=others.watchers,
        tally=tally,
        bootstrap_key_hash=vault.fingerprint(bootstrap.get_secret_value()) if bootstrap else None,
    )
    read_model(house)
    installation = Installation(settings, house, durable)
    if is_sqlite(engine):
        installation.lock = SingleProcess(Path(settings.database_url.removeprefix("sqlite:///")))
    app = create_app(house, ready=installation.ready, lifespan=_lifespan(installation))
    pages.mount(app, house, demo=demo)
    installation.app = app
    return installation


def _lifespan(installation: Installation) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(installation.start)  # the job engine wants no running loop around it
        try:
            yield
        finally:
            if not installation.house.looks_at_once:
                await greenlet_spawn(installation.house.on_the_loop.engine.dispose)
            await asyncio.to_thread(installation.stop)

    return lifespan
