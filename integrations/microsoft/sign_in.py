"""Signing in with Microsoft: OAuth 2, the code flow with PKCE, by msal. One token cache for each account, kept sealed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msal

from integrations.http import GuardedClient
from integrations.microsoft.answers import NAME, sign_in_error
from integrations.microsoft.connecting import connect
from integrations.microsoft.graph import Graph, Mailbox
from integrations.microsoft.msal_network import MsalNetwork
from integrations.microsoft.scopes import BOOKING, WHO, access, calendar_scopes, granted, may_write
from integrations.microsoft.working_time import WorkingHours, defaults
from service.domain.errors import BadInput, HoldfastError, ProviderTrouble, Refused, Unreachable
from service.ports.calendar import Account
from service.ports.sign_in import Grant, SignInStep

PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant that every personal account (outlook.com, hotmail.com, live.com) belongs to."""
_ANY_TENANT = frozenset({"common", "organizations", "consumers"})
_SKEW = 300
_COURTESY = 3.0

Claims = Mapping[str, Any]


class MicrosoftSignIn:
    """``service.ports.sign_in`` for Microsoft accounts, personal ones and those of work or school.

    ``login_base`` is an https address (msal takes no other), ``tenant`` who may sign in: ``common``, ``organizations``,
    ``consumers``, or a tenant's id or domain. ``asks`` is the calendar scope that is asked for; what was granted counts.

    The secret: ``access_token``, ``cache`` (msal's, whole), ``scopes``, ``expires_at`` (epoch seconds)."""

    def __init__(
        self,
        client: GuardedClient,
        graph: Graph,
        *,
        client_id: str,
        client_secret: str,
        tenant: str = "common",
        login_base: str = "https://login.microsoftonline.com",
        asks: str = BOOKING,
        patience: float = 4.0,
    ) -> None:
        self._network = MsalNetwork(client, graph.clock, patience=patience)
        self._graph = graph
        self._client_id = client_id
        self._client_secret = client_secret
        self._tenant = tenant
        self._authority = f"{login_base.rstrip('/')}/{tenant}"
        self._asks = asks

    def begin(self, *, state: str, redirect_uri: str, login_hint: str | None, choose: bool = False) -> SignInStep:
        """Asks Microsoft where its sign-in page is (once a day), nothing else. There is nothing more to ask for
        ``choose``: whoever may read a calendar may list them all.

        Raises ``Unreachable``, or ``BadInput`` where the tenant or the login address is none."""
        flow = self._msal(
            lambda app: app.initiate_auth_code_flow(
                [self._asks, WHO],
                redirect_uri=redirect_uri,
                state=state,
                login_hint=login_hint,
                prompt=None if login_hint else "select_account",
                response_mode="form_post",
            )
        )
        # Our callback is a GET: a POST from another site would come without the person's cookies. Asked for that, msal
        # warns each time.
        url = str(flow["auth_uri"]).replace("response_mode=form_post", "response_mode=query")
        return SignInStep(url=url, keep={"flow": json.dumps(flow)})

    def finish(self, *, query: Mapping[str, str], keep: Mapping[str, str], redirect_uri: str) -> Grant:
        """Exchanges the code; state, PKCE and nonce are checked by msal, the id token's audience, issuer and time here.

        Its signature is not: it came over TLS from Microsoft itself (OpenID Connect Core, 3.1.3.7)."""
        cache = msal.SerializableTokenCache()
        try:
            flow = dict(json.loads(keep["flow"]))
        except (KeyError, ValueError, TypeError):
            raise Refused(f"This sign-in at {NAME} was begun elsewhere; begin again.") from None
        if flow.get("redirect_uri") != redirect_uri:
            raise Refused(f"This sign-in at {NAME} was begun for another address; begin again.")
        if query.get("state") != flow.get("state"):
            raise Refused(f"This is not the answer to the sign-in that was begun at {NAME}; begin again.")
        answer = self._msal(lambda app: app.acquire_token_by_auth_code_flow(flow, dict(query)), cache)
        # Without a word about scopes, what was asked was given (RFC 6749, 5.1).
        secret = self._secret(answer, cache, scopes=" ".join(map(str, flow.get("scope") or ())))
        claims = self._checked(answer.get("id_token_claims"))
        scopes = granted(secret["scopes"])
        reach = access(scopes)
        if reach is None:
            raise Refused(f"{NAME} was not allowed to show the calendar.")
        if not _refresh_tokens(cache):
            raise Refused(f"{NAME} gave access for an hour only; lasting access is needed.")
        return self._grant(claims, scopes, reach, secret)

    def refresh(self, secret: Mapping[str, str]) -> dict[str, str]:
        """A new access token, and with it a new refresh token: keep what comes back. Two at once would both work, but one
        of them would keep the older token; take turns."""
        kept = secret.get("cache", "")
        if not kept.startswith("{"):
            raise Refused(f"{NAME} has no lasting access to this account; sign in again.")
        cache = msal.SerializableTokenCache()
        cache.deserialize(kept)
        scopes = calendar_scopes(secret.get("scopes", "").split()) or [self._asks]
        answer = self._msal(lambda app: _refreshed(app, cache, scopes), cache)
        return self._secret(answer, cache, scopes=secret.get("scopes", ""))

    def revoke(self, secret: Mapping[str, str]) -> None:
        """Nothing to call: Microsoft lets an application end a person's sign-ins everywhere or none. Forgetting the secret
        is what ends this one; the person finds the rest at myapps.microsoft.com."""

    def _secret(self, answer: Mapping[str, Any], cache: Any, *, scopes: str = "") -> dict[str, str]:
        token, error = answer.get("access_token"), answer.get("error")
        if error:
            raise sign_in_error(str(error))
        if not isinstance(token, str) or not token:
            raise Unreachable(f"{NAME} gave an answer that makes no sense.")
        try:
            lasts = int(answer.get("expires_in") or 3600)
        except (TypeError, ValueError):
            lasts = 3600
        return {
            "access_token": token,
            "cache": cache.serialize(),
            "scopes": " ".join(granted(str(answer.get("scope") or ""))) or scopes,
            "expires_at": str(self._graph.clock.now() + lasts),
        }

    def _grant(self, claims: Claims, scopes: tuple[str, ...], reach: str, secret: dict[str, str]) -> Grant:
        tenant = str(claims.get("tid") or "")
        kind = "personal" if tenant == PERSONAL_TENANT else "work"
        email = str(claims.get("email") or claims.get("preferred_username") or "").strip()
        settings = {"kind": kind, "access": reach, "writes": "yes" if may_write(scopes) else "no"}
        asking = Account("", email, "UTC", settings, secret)
        # Two courtesies share one short time: whoever waits for them sits before a browser.
        mailbox = self._graph.mailbox(asking, budget=min(_COURTESY, self._graph.patience))
        address = _address(mailbox, asking)
        if address:
            settings["address"] = address
        if tenant:
            settings["tenant"] = tenant
        zone: str | None = None
        hours: WorkingHours | None = None
        if kind == "work" and address:
            zone, hours = defaults(mailbox, address)
        return Grant(
            subject=f"{tenant}.{claims.get('oid') or claims['sub']}",
            email=email or address,
            access=reach,
            scopes=scopes,
            secret=secret,
            settings=settings,
            zone=zone,
            working_hours=hours,
        )

    def _checked(self, raw: object) -> Claims:
        """The id token's claims. Raises ``Refused`` for a token that is not for us, not from Microsoft or too old."""
        claims = raw if isinstance(raw, dict) else {}
        now = self._graph.clock.now()
        issuer = urlsplit(str(claims.get("iss") or ""))
        login = urlsplit(self._authority)
        good = (
            claims.get("aud") == self._client_id
            and isinstance(claims.get("exp"), (int, float))
            and claims["exp"] > now - _SKEW
            and isinstance(claims.get("sub"), str)
            and issuer.scheme == "https"
            and (
                issuer.hostname == login.hostname
                or str(issuer.hostname).endswith((".microsoftonline.com", ".windows.net"))
            )
            and (self._tenant in _ANY_TENANT or "." in self._tenant or claims.get("tid") == self._tenant.lower())
            and (self._tenant != "consumers" or claims.get("tid") == PERSONAL_TENANT)
            and (self._tenant != "organizations" or claims.get("tid") != PERSONAL_TENANT)
        )
        if not good:
            raise Refused(f"{NAME} signed somebody in who is not meant for this installation.")
        return claims

    def _msal(self, act: Callable[[Any], Any], cache: Any = None) -> Mapping[str, Any]:
        """Runs msal. An application for each call: msal's own keeps tokens of all accounts, and errors for a minute."""
        try:
            app = msal.ConfidentialClientApplication(
                self._client_id,
                client_credential=self._client_secret,
                authority=self._authority,
                validate_authority=False,
                instance_discovery=False,  # would ask another host
                token_cache=cache,
                http_client=self._network,
            )
        except (ValueError, KeyError) as problem:
            if "https url" in str(problem):
                raise BadInput.of("HOLDFAST_MICROSOFT_LOGIN_BASE", "must begin with https://") from None
            raise ProviderTrouble(
                f"{NAME} does not know the tenant of this installation, or cannot say where to sign in."
            ) from None
        try:
            found = act(app)
        except (ValueError, KeyError, TypeError, IndexError):
            raise Unreachable(f"{NAME} gave an answer that makes no sense.") from None
        except RuntimeError:  # the nonce
            raise Refused(f"This is not the answer to the sign-in that was begun at {NAME}; begin again.") from None
        if found is None:
            raise Refused(f"{NAME} has no lasting access to this account; sign in again.")
        if not isinstance(found, dict):
            raise Unreachable(f"{NAME} gave an answer that makes no sense.")
        return found


def _address(mailbox: Mailbox, asking: Account) -> str:
    """The mailbox's address: a sign-in name need not be one. The name serves where nothing answers."""
    if asking.settings["access"] == "free_busy" and asking.settings["kind"] == "work":
        return asking.owner_email
    try:
        return connect(mailbox, asking)[0].settings.get("address", asking.owner_email)
    except HoldfastError:
        return asking.owner_email


def _refresh_tokens(cache: Any) -> list[str]:
    kind = msal.TokenCache.CredentialType.REFRESH_TOKEN
    return [str(it["secret"]) for it in cache.search(kind) if it.get("secret")]


def _refreshed(app: Any, cache: Any, scopes: list[str]) -> Any:
    accounts = app.get_accounts()
    if accounts:
        return app.acquire_token_silent_with_error(scopes, accounts[0], force_refresh=True)
    # An answer without client_info makes no account in the cache; the token is there all the same.
    tokens = _refresh_tokens(cache)
    return app.acquire_token_by_refresh_token(tokens[-1], scopes) if tokens else None
