"""Webhook endpoints, deliveries and API keys."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from service.api.schemas.base import Changes, Given, Shown, Text, Time
from service.app.record import EVENT_TYPES

ENDPOINT_ID = "wh_01k0a7m9s8e4v2b6c3d5f7g9h1"
Address = Annotated[Text, Field(min_length=1, max_length=2000, examples=["https://hr.example.org/hooks/holdfast"])]
EventType = Annotated[Text, Field(max_length=64, json_schema_extra={"enum": list(EVENT_TYPES)})]
Types = Annotated[list[EventType], Field(max_length=50, description="Which events; empty: all.")]


class NewEndpoint(Given):
    """A receiver of events."""

    url: Address
    types: Types = Field(default_factory=list)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://hr.example.org/hooks/holdfast", "types": ["meeting.rescheduled"]}]
        }
    )


class EndpointChanges(Changes):
    """What can be changed of an endpoint."""

    url: Address = Field(default_factory=str)
    types: Types = Field(default_factory=list)
    status: Literal["enabled", "disabled"] = Field(default_factory=lambda: "enabled")


class EndpointShown(Shown):
    """A receiver of events, without its secret."""

    id: str = Field(examples=[ENDPOINT_ID])
    url: str
    types: list[str]
    status: Literal["enabled", "disabled"]
    disabled_because: str | None
    previous_secret_until: Time | None = Field(description="Until then the secret before this one signs as well.")
    created_at: Time
    version: int


class EndpointWithSecret(EndpointShown):
    """The answer that creates an endpoint or rotates its secret, and no other, shows it."""

    secret: str = Field(examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"])


class TestSent(Shown):
    """A test event is on its way."""

    webhook_id: str = Field(examples=["msg_01k0a7m9s8e4v2b6c3d5f7g9h1"])
    type: Literal["webhook.test"]


class TryShown(Shown):
    """One try."""

    number: int
    at: Time
    status: int | None = Field(description="null: no answer came, and `error` says why.")
    error: str | None
    milliseconds: int


class DeliveryShown(Shown):
    """One event on its way to one endpoint."""

    id: str = Field(examples=["dlv_01k0a7m9s8e4v2b6c3d5f7g9h1"])
    endpoint_id: str
    webhook_id: str = Field(description="The same on every try.")
    type: str
    status: Literal["pending", "delivered", "failed", "dropped"]
    attempts: list[TryShown]
    next_attempt_at: Time | None
    created_at: Time
    delivered_at: Time | None
    payload: dict[str, Any] = Field(description="The body that is sent.")


class NewKey(Given):
    """A key to the API."""

    name: Text = Field(min_length=1, max_length=100)
    scope: Literal["read", "write", "admin"]

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "HR sync", "scope": "write"}]})


class KeyShown(Shown):
    """A key, without the key itself."""

    id: str = Field(examples=["key_01k0a7m9s8e4v2b6c3d5f7g9h1"])
    name: str
    scope: Literal["read", "write", "admin"]
    created_at: Time
    revoked_at: Time | None


class KeyMade(KeyShown):
    """The one answer that shows the key."""

    key: str | None = Field(description="Never shown again; null when the request is a repetition.")
