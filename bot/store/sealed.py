"""Sealed values: authenticated encryption for what must not be read, and a keyed hash to look up by.

A sealed value is `key id (8 bytes) + nonce (12) + AES-256-GCM ciphertext`, bound to its column's
name. A look-up hash is HMAC-SHA-256 under its own key. Keys are `id:base64` pairs, newest first; older
ones still open and still find. Ciphers: cryptography.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from bot.domain.address import Address, ChannelName
from bot.errors import DatabaseGone, SettingsError

ID_BYTES = 8  # of a sealed value: the name of its key
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Key:
    """One 256-bit secret and its public name of at most 8 ASCII characters."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.id})"


def parse_keys(text: str) -> tuple[Key, ...]:
    """Keys from `id:base64[,id:base64 ...]`, newest first; raises SettingsError that names no secret."""
    keys = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, encoded = part.partition(":")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except ValueError:
            secret = b""
        if not (0 < len(name) <= ID_BYTES and name.isascii() and len(secret) == 32):
            raise SettingsError(
                "THINKFAMILY_KEYS is not a list of id:base64 pairs with 32 bytes each.",
                "Make one with `thinkfamily db new-key`.",
            )
        keys.append(Key(name, secret))
    if len({key.id for key in keys}) < len(keys):
        raise SettingsError("THINKFAMILY_KEYS has two keys of one id.", "Give each key its own id.")
    if not keys:
        raise SettingsError("THINKFAMILY_KEYS is empty.", "Make a key with `thinkfamily db new-key`.")
    return tuple(keys)


def new_key(name: str = "k1") -> str:
    """A fresh random key in the form that `parse_keys` reads."""
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


class Seal:
    """Seals and opens values, and makes look-up hashes. The first key is the one used for new values."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.current = keys[0]
        self._ciphers = {key.id: AESGCM(_derived(key, b"seal")) for key in keys}
        self._lookups = {key.id: _derived(key, b"look-up") for key in keys}

    @property
    def key_ids(self) -> frozenset[str]:
        """The names of the keys held."""
        return frozenset(self._ciphers)

    def seal(self, column: str, text: str) -> bytes:
        """The sealed form of `text`, which opens only under the same column name."""
        nonce = os.urandom(_NONCE)
        head = self.current.id.encode().ljust(ID_BYTES)
        return head + nonce + self._ciphers[self.current.id].encrypt(nonce, text.encode(), column.encode())

    def open(self, column: str, sealed: bytes) -> str:
        """The text that was sealed; raises DatabaseGone when the key is missing or the value was changed."""
        key_id = sealed[:ID_BYTES].rstrip().decode(errors="replace")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise DatabaseGone(
                f"A sealed value needs key {key_id!r}, which THINKFAMILY_KEYS does not hold.", "Put it back."
            )
        nonce, body = sealed[ID_BYTES : ID_BYTES + _NONCE], sealed[ID_BYTES + _NONCE :]
        try:
            return cipher.decrypt(nonce, body, column.encode()).decode()
        except (InvalidTag, ValueError) as cause:
            raise DatabaseGone("A sealed value was changed or is damaged.", "Restore a backup.") from cause

    def lookups(self, address: Address) -> dict[str, bytes]:
        """The address's keyed hash under every key, by key id; the current key's comes first."""
        text = f"{address.channel.value}:{address.value}".encode()
        return {name: hmac.digest(secret, text, "sha256") for name, secret in self._lookups.items()}

    def keyed_hash(self, kind: str, text: str) -> str:
        """A keyed hash of an outside reference (hex, 64 characters), so that the reference is not kept."""
        return self.keyed_hashes(kind, text)[0]

    def keyed_hashes(self, kind: str, text: str) -> list[str]:
        """The same under every key, the current one's first: one made before a rotation is still found."""
        said = f"{kind}:{text}".encode()
        return [hmac.new(secret, said, hashlib.sha256).hexdigest() for secret in self._lookups.values()]


def address_from(channel: str, value: str) -> Address:
    """The address of a row once its sealed value is opened."""
    return Address(ChannelName(channel), value)


def _derived(key: Key, purpose: bytes) -> bytes:
    return HKDFExpand(hashes.SHA256(), 32, purpose).derive(key.secret)
