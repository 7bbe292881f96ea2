"""EEA0-3, EIA1-3 (TS 33.401 annex B), the KDF (TS 33.220 annex B) and the keys of the protocol."""

import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

import snow3g
import zuc

UPLINK, DOWNLINK = 0, 1
ENCRYPTION, INTEGRITY = 1, 2


# --- EEA and EIA ------------------------------------------------------------------------------

def head(count, bearer, direction):
    """COUNT | BEARER | DIRECTION | 0..: the first 64 bits of most inputs of annex B."""
    return count.to_bytes(4, "big") + bytes([bearer << 3 | direction << 2, 0, 0, 0])


@lru_cache(maxsize=8192)
def eea_keystream(alg, key, count, bearer, direction, words):
    start = head(count, bearer, direction)
    if alg == 2:
        encryptor = Cipher(algorithms.AES(key), modes.CTR(start + bytes(8))).encryptor()
        return encryptor.update(bytes(4 * words))
    stream = (snow3g if alg == 1 else zuc).keystream(key, start + start, words)
    return b"".join(word.to_bytes(4, "big") for word in stream)


def eea(alg, key, count, bearer, direction, data, bits=None):
    """Encrypts or decrypts; of a last octet that is not whole, the unused bits become zero."""
    bits = 8 * len(data) if bits is None else bits
    if bits == 0 or alg == 0:
        return data
    stream = eea_keystream(alg, key, count, bearer, direction, (bits + 31) // 32)
    size = (bits + 7) // 8
    value = int.from_bytes(data[:size], "big") ^ int.from_bytes(stream[:size], "big")
    unused = 8 * size - bits
    return (value >> unused << unused).to_bytes(size, "big")


def aes_block(key, data):
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return encryptor.update(data)[-16:]


def cmac(key, message, bits):
    """AES-CMAC (SP 800-38B) over a number of bits: 16 octets."""
    def double(value):
        return value << 1 & (1 << 128) - 1 ^ (0x87 if value >> 127 else 0)

    k1 = double(int.from_bytes(aes_block(key, bytes(16)), "big"))
    padded = max(1, (bits + 127) // 128) * 128
    value = int.from_bytes(message[:(bits + 7) // 8], "big") >> -bits % 8
    if bits == padded:
        value ^= k1
    else:
        value = (value << 1 | 1) << (padded - bits - 1) ^ double(k1)
    return aes_block(key, value.to_bytes(padded // 8, "big"))


@lru_cache(maxsize=8192)
def eia(alg, key, count, bearer, direction, message, length=4, bits=None):
    """The tag; 8 octets of it for EIA2 alone."""
    bits = 8 * len(message) if bits is None else bits
    if alg == 1:
        return snow3g.uia2(key, count, bearer << 27, direction, message, bits)
    if alg == 2:
        return cmac(key, head(count, bearer, direction) + message, 64 + bits)[:length]
    start = count.to_bytes(4, "big") + bytes([bearer << 3, 0, 0, 0])
    second = bytearray(start)
    second[0] ^= direction << 7
    second[6] ^= direction << 7
    return zuc.eia3(key, start + bytes(second), message, bits)


# --- keys (sdt.md 3) --------------------------------------------------------------------------

@lru_cache(maxsize=8192)
def kdf(key, fc, *parameters):
    s = bytes([fc])
    for parameter in parameters:
        s += parameter + len(parameter).to_bytes(2, "big")
    return hmac.digest(key, s, hashlib.sha256)


def traffic_key(root, kind, alg, direction, identity, salt):
    return kdf(root, 0xF0, bytes([kind]), bytes([alg]), bytes([direction]),
               identity.encode(), salt)[16:]


def resumed_root(root, rand, n):
    """K' of the epoch that RESUME n opens."""
    return kdf(root, 0xF1, rand, n.to_bytes(4, "big"))


def resumption_mac_key(root, identity, salt):
    return kdf(root, 0xF2, identity.encode(), salt)


def resumed_res(k_prime, rand, message):
    return kdf(k_prime, 0xF3, rand, message)[:8]


def member_root(group_k_iwf, g_id, imsi, s_m):
    return kdf(group_k_iwf, 0xF4, g_id.encode(), imsi.encode(), s_m)


def member_secret(ck, ik, rand, g_id):
    return kdf(ck + ik, 0xF5, b"mtc-iwf", rand, g_id.encode())[16:]


def shared_key(k_iwf, naf_id_2):
    return kdf(k_iwf, 0xF6, b"mtc-iwf", naf_id_2)


def group_transport_key(ks_naf, g_id, version):
    return kdf(ks_naf, 0xF7, b"mtc-iwf", g_id.encode(), version.to_bytes(4, "big"))


def group_downlink_root(kg, g_id, version):
    return kdf(kg, 0xF9, b"mtc-iwf", g_id.encode(), version.to_bytes(4, "big"))


def resumption_tag(k_r, octets):
    """The tag of RESUME and of SYNC."""
    return hmac.digest(k_r, octets, hashlib.sha256)[:8]
