"""A provider with accounts that does as it is told: sign-in, tokens, calendars behind them, and watches."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlencode, urlsplit

from scripted_calendar import ScriptedCalendar

from service.domain.errors import Refused, Unauthorized
from service.domain.timespan import DAY, HOUR, Span
from service.ports.calendar import Account, Connection, EventDraft, Occurrence, RemoteEvent, SyncResult, Written
from service.ports.clock import Clock
from service.ports.sign_in import Grant, SignInStep
from service.ports.watch import Watch
from tests.house import TestHouse

PUBLIC = "https://holdfast.example"


@dataclass
class Provider:
    """One provider: its accounts and what they gave. ``who`` signs in next, ``access`` is what they tick."""

    clock: Clock
    name: str = "google"
    who: str = "ada@gmail.example"
    access: str = "events"
    trouble: Exception | None = None  # raised at sign-in
    refusing: Exception | None = None  # raised at renewing
    renewing: threading.Event = field(default_factory=threading.Event)  # a renewal has begun
    go_on: threading.Event = field(default_factory=threading.Event)  # and is let through
    refreshes: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    good: set[str] = field(default_factory=set)  # access tokens
    names: dict[str, list[str]] = field(default_factory=dict)  # the calendars of an account
    boxes: dict[str, ScriptedCalendar] = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)  # of the watcher
    lasting: int = 7 * DAY
    chooses: bool = False  # whether all calendars were to be listed, the last time
    watch_trouble: Exception | None = None
    working_hours: list[dict[str, object]] | None = None
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.go_on.set()

    # --- the sign-in port ---

    def begin(self, *, state: str, redirect_uri: str, login_hint: str | None, choose: bool = False) -> SignInStep:
        self.chooses = choose
        query = urlencode({"state": state, "redirect_uri": redirect_uri, "login_hint": login_hint or ""})
        return SignInStep(f"https://{self.name}.example/auth?{query}", {"verifier": "v" * 43})

    def finish(self, *, query: Mapping[str, str], keep: Mapping[str, str], redirect_uri: str) -> Grant:
        assert keep == {"verifier": "v" * 43}
        if self.trouble is not None:
            raise self.trouble
        if query.get("error"):
            raise Refused("Access was not given.")
        return Grant(
            subject=f"sub-{self.who}",
            email=self.who,
            access=self.access,
            scopes=(self.access,),
            secret=self._secret(f"refresh-{next(self._numbers)}"),
            settings={"access": self.access},
            working_hours=self.working_hours,
        )

    def refresh(self, secret: Mapping[str, str]) -> dict[str, str]:
        self.refreshes.append(secret["refresh_token"])
        self.renewing.set()
        assert self.go_on.wait(20)
        if self.refusing is not None:
            raise self.refusing
        # A refresh token is good once: who comes second with the same one has lost the account.
        assert self.refreshes.count(secret["refresh_token"]) == 1
        return self._secret(f"refresh-{next(self._numbers)}")

    def revoke(self, secret: Mapping[str, str]) -> None:
        self.revoked.append(secret["refresh_token"])

    def _secret(self, refresh_token: str) -> dict[str, str]:
        access_token = f"access-{next(self._numbers)}"
        self.good.add(access_token)
        ends = self.clock.now() + HOUR
        return {"access_token": access_token, "refresh_token": refresh_token, "expires_at": str(ends)}

    # --- the watch port ---

    def watch(self, account: Account, *, channel_id: str, token: str, address: str) -> Watch:
        self._check(account, "watch")
        assert address == f"{PUBLIC}/hooks/{self.name}"
        return self._watched(channel_id, token)

    def renew(self, account: Account, watch: Watch, *, channel_id: str, token: str, address: str) -> Watch:
        self._check(account, "renew")
        self.watches.pop(watch.id, None)
        return self._watched(channel_id, token)

    def stop(self, account: Account, watch: Watch) -> None:
        self._check(account, "stop")
        self.watches.pop(watch.id, None)

    def _check(self, account: Account, what: str) -> None:
        self.asked.append(what)
        if self.watch_trouble is not None:
            raise self.watch_trouble
        if account.secret["access_token"] not in self.good:
            raise Unauthorized("The access token ran out.")

    def _watched(self, channel: str, token: str) -> Watch:
        made = Watch(channel, f"resource-{channel}", self.clock.now() + self.lasting)
        self.watches[channel], self.tokens[channel] = made, token
        return made

    def box(self, calendar: str = "primary", who: str | None = None) -> ScriptedCalendar:
        return self.boxes.setdefault(f"{who or self.who}/{calendar}", ScriptedCalendar(server_invites=True))


class AccountCalendar:
    """The calendar port on a ``Provider``: looks at the token first. Events bear UIDs of the provider's own."""

    capabilities = replace(ScriptedCalendar.capabilities, name="google", push=True, discovers=True)

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.asked = 0

    def _box(self, account: Account) -> ScriptedCalendar:
        self.asked += 1
        if account.secret.get("access_token") not in self.provider.good:
            raise Unauthorized("The access token ran out.")
        return self.provider.box(account.settings.get("calendar", "primary"), account.settings["email"])

    def connect(self, account: Account) -> list[Connection]:
        self._box(account)
        mine = account.settings["access"] == "events"
        return [
            Connection(name.title(), {"calendar": name, "access": account.settings["access"]}, mine, mine, at == 0)
            for at, name in enumerate(self.provider.names.get(self.provider.who, ["primary"]))
        ]

    def sync(self, account: Account, state: str | None, window: Span) -> SyncResult:
        return self._box(account).sync(account, state, window)

    def expand(self, skeleton: str, account: Account, window: Span) -> tuple[Occurrence, ...]:
        return ScriptedCalendar().expand(skeleton, account, window)

    def create(self, account: Account, draft: EventDraft) -> Written:
        return self._box(account).create(account, replace(draft, uid=_theirs(draft.uid)))

    def update(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
        return self._box(account).update(account, remote_id, etag, replace(draft, uid=_theirs(draft.uid)))

    def cancel(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> None:
        self._box(account).events.pop(remote_id.strip("/").removesuffix(".ics"), None)

    def find(self, account: Account, draft: EventDraft, remote_id: str | None = None) -> Written | None:
        box, uid = self._box(account), _theirs(draft.uid)
        there: RemoteEvent | None = box.events.get(uid)
        return Written(there.remote_id, there.etag, uid, invited=True) if there else None


def _theirs(uid: str) -> str:
    return uid if uid.endswith(".theirs") else f"{uid}.theirs"


def with_provider(house: TestHouse, provider: Provider) -> AccountCalendar:
    """Adds the provider to a house; returns its adapter."""
    adapter = AccountCalendar(provider)
    house.house = replace(
        house.house,
        public_url=PUBLIC,
        calendars={**house.house.calendars, provider.name: adapter},
        sign_ins={**house.house.sign_ins, provider.name: provider},
        watchers={**house.house.watchers, provider.name: provider},
    )
    return adapter


def state_of(url: str | None) -> str:
    """The state in an authorisation address."""
    assert url is not None
    return parse_qs(urlsplit(url).query)["state"][0]
