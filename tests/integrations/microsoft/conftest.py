"""The fixtures of ``microsoft_site``."""

from microsoft_site import guarded, site

__all__ = ["guarded", "site"]
