"""What is sealed opens only whole, in its place, with a listed key."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.vault import SealedVault
from service.domain.errors import BadInput, Denied
from service.ports.vault import Vault

VAULT: Vault = SealedVault(["one"])
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, TEXT)
def test_what_was_sealed_opens_again(plain: str, row: str) -> None:
    assert VAULT.open(VAULT.seal(plain, row), row) == plain


def test_the_same_secret_never_looks_the_same() -> None:
    blobs = {VAULT.seal("token", "cal_1") for _ in range(50)}
    assert len(blobs) == 50
    assert not any(b"token" in blob for blob in blobs)


@given(st.data())
def test_one_altered_bit_anywhere_is_noticed(data: st.DataObject) -> None:
    blob = bytearray(VAULT.seal("a refresh token", "cal_1"))
    bit = data.draw(st.integers(0, len(blob) * 8 - 1))
    blob[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Denied):
        VAULT.open(bytes(blob), "cal_1")


@given(st.data())
def test_a_cut_or_lengthened_blob_is_noticed(data: st.DataObject) -> None:
    blob = VAULT.seal("token", "cal_1")
    cut = data.draw(st.integers(0, len(blob) - 1))
    for damaged in (blob[:cut], blob[cut + 1 :], blob + b"x"):
        with pytest.raises(Denied):
            VAULT.open(damaged, "cal_1")


def test_a_blob_moved_to_another_row_does_not_open() -> None:
    blob = VAULT.seal("token", "cal_1")
    with pytest.raises(Denied, match="moved") as caught:
        VAULT.open(blob, "cal_2")
    assert "token" not in str(caught.value)


def test_keys_rotate() -> None:
    before, during, after = SealedVault(["old"]), SealedVault(["new", "old"]), SealedVault(["new"])
    blob = before.seal("token", "cal_1")
    assert during.open(blob, "cal_1") == "token"
    assert after.open(during.seal("token", "cal_1"), "cal_1") == "token"
    with pytest.raises(Denied, match="HOLDFAST_SECRET_KEY"):
        before.open(during.seal("token", "cal_1"), "cal_1")
    with pytest.raises(Denied, match="HOLDFAST_SECRET_KEY"):
        after.open(blob, "cal_1")


def test_a_key_listed_twice_is_one_key() -> None:
    assert SealedVault(["one", " one "]).open(VAULT.seal("token", "x"), "x") == "token"


@pytest.mark.parametrize("keys", [[], [""], ["one", " "]])
def test_no_key_is_no_vault(keys: list[str]) -> None:
    with pytest.raises(BadInput, match="HOLDFAST_SECRET_KEY"):
        SealedVault(keys)


def test_fingerprints_are_sha256() -> None:
    assert VAULT.fingerprint("hf_é") == hashlib.sha256("hf_é".encode()).hexdigest()
