"""The vault: AES-256-GCM with keys derived from the configured secrets, each blob bound to the row it belongs
to.

A blob is ``version (1 byte) | key id (4) | nonce (12) | ciphertext and tag``. The key id says which secret
sealed it, so that a new one can be put in front of the list while old blobs still open.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.domain.errors import BadInput, Denied

_VERSION = b"\x01"
_ID, _NONCE, _TAG = 4, 12, 16


class SealedVault:
    """The ``Vault`` port. The first of ``secret_keys`` seals; every one of them opens what it sealed."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        """Raises ``BadInput`` where there is no key, or an empty one."""
        if not secret_keys or not all(secret.strip() for secret in secret_keys):
            raise BadInput.of("HOLDFAST_SECRET_KEY", "at least one key is needed, and none may be empty")
        derived = [_derive(secret) for secret in secret_keys]
        self._newest = derived[0][0]
        self._ciphers = {key_id: AESGCM(key) for key_id, key in reversed(derived)}

    def seal(self, plain: str, bound_to: str) -> bytes:
        """Encrypts with the newest key; ``bound_to`` is authenticated along with it, not stored."""
        head = _VERSION + self._newest
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._newest].encrypt(nonce, plain.encode(), _bound(head, bound_to))
        return head + nonce + sealed

    def open(self, blob: bytes, bound_to: str) -> str:
        """The plain text. Raises ``Denied`` when the blob was altered, cut, moved to another row, or sealed
        with a key that is not listed any more."""
        head, nonce = blob[: 1 + _ID], blob[1 + _ID : 1 + _ID + _NONCE]
        cipher = self._ciphers.get(head[1:])
        if len(blob) < 1 + _ID + _NONCE + _TAG or head[:1] != _VERSION:
            raise Denied("A stored secret is damaged and cannot be opened.")
        if cipher is None:
            raise Denied("A stored secret was sealed with a key that is not in HOLDFAST_SECRET_KEY any more.")
        try:
            return cipher.decrypt(nonce, blob[1 + _ID + _NONCE :], _bound(head, bound_to)).decode()
        except InvalidTag:
            raise Denied("A stored secret was altered or moved and cannot be opened.") from None

    def fingerprint(self, plain: str) -> str:
        """Hex SHA-256, without a key: only for values that nobody can guess."""
        return hashlib.sha256(plain.encode()).hexdigest()


def _derive(secret: str) -> tuple[bytes, bytes]:
    """Key id and key. Both from one derivation, so that the id tells nothing about the key."""
    material = HKDF(SHA256(), length=_ID + 32, salt=None, info=b"holdfast vault 1").derive(secret.strip().encode())
    return material[:_ID], material[_ID:]


def _bound(head: bytes, bound_to: str) -> bytes:
    return head + bound_to.encode()
