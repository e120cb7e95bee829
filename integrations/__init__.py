"""Adapters: each sees ``service.domain`` and ``service.ports`` only, and never another adapter."""
