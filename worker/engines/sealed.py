"""A secret that lies in the database sealed, so that neither a backup nor a dump of it gives it away.

It is sealed by age for an identity that follows from `SECRET_KEY`, which no backup holds.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence

import pyrage
from django.conf import settings

LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"  # of bech32 (BIP 173), as age writes its identities
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
NAMED = "age-secret-key-"


def seal(secret: str) -> bytes:
    """What may be stored; of nothing, nothing."""
    sealed: bytes = pyrage.encrypt(secret.encode(), [_identity().to_public()]) if secret else b""
    return sealed


def unseal(sealed: bytes) -> str:
    """The secret again. Raises pyrage.DecryptError where it was sealed under another `SECRET_KEY`."""
    secret: bytes = pyrage.decrypt(sealed, [_identity()]) if sealed else b""
    return secret.decode()


def _identity() -> pyrage.x25519.Identity:
    secret = hmac.digest(settings.SECRET_KEY.encode(), b"sealed in the database", hashlib.sha256)
    return pyrage.x25519.Identity.from_str(bech32(NAMED, secret).upper())


def bech32(name: str, content: bytes) -> str:
    """Bytes in letters, after a name, with a checksum of both (BIP 173)."""
    bits = "".join(f"{byte:08b}" for byte in content)
    fives = [int(bits[at : at + 5].ljust(5, "0"), 2) for at in range(0, len(bits), 5)]
    return f"{name}1{''.join(LETTERS[five] for five in [*fives, *_checksum(name, fives)])}"


def _checksum(name: str, fives: Sequence[int]) -> Iterable[int]:
    high, low = [ord(letter) >> 5 for letter in name], [ord(letter) & 31 for letter in name]
    rest = 1
    for five in [*high, 0, *low, *fives, *[0] * 6]:
        top, rest = rest >> 25, (rest & 0x1FFFFFF) << 5 ^ five
        for place, factor in enumerate(GENERATOR):
            rest ^= factor if top >> place & 1 else 0
    return [(rest ^ 1) >> 5 * (5 - place) & 31 for place in range(6)]
