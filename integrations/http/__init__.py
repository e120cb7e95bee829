"""The guarded HTTP client. ``client`` holds the limits, ``network`` the sockets,
``addresses`` the rule whom to call, ``body`` the sizes."""

from integrations.http.body import TooBig
from integrations.http.client import GuardedClient, Response, tls_context
from integrations.http.urls import split_userinfo

__all__ = ["GuardedClient", "Response", "TooBig", "split_userinfo", "tls_context"]
