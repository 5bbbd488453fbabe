"""Section 2: digests under tags, public keys, commitments and signatures."""
import hashlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from .forms import DIGEST, b64, by, closed, either, integer, one, text
from .texts import Malformed, canonical, decode, encode


def tag(name, data):
    return b'countersign/' + name.encode('ascii') + b'/v1\0' + data


def plain_sha256(data):
    return hashlib.sha256(data).digest()


def H(name, data):
    return encode(plain_sha256(tag(name, data)))


def rsa_modulus(value, path=()):
    b64(256, 512)(value, path)
    modulus = decode(value)
    if modulus[0] == 0 or (len(modulus) == 256 and modulus[0] < 0x80):
        raise Malformed(path)


P256_KEY = closed({'kty': one('EC'), 'crv': one('P-256'), 'x': b64(32), 'y': b64(32)})
ED25519_KEY = closed({'kty': one('OKP'), 'crv': one('Ed25519'), 'x': b64(32)})
RSA_KEY = closed({'kty': one('RSA'), 'n': rsa_modulus, 'e': one('AQAB')})
PUBLIC_KEY = by('kty', {'EC': P256_KEY, 'OKP': ED25519_KEY, 'RSA': RSA_KEY})
COMMITMENT = closed({'commitment': DIGEST})
OPENING = closed({'value': either(text(0, 4000), integer()), 'salt': b64(32)})


def thumbprint(key):
    return encode(plain_sha256(canonical(key)))


def opens(opening, commitment):
    return H('commitment', decode(opening['salt']) + canonical(opening['value'])) == commitment['commitment']


def strict_der(signature):
    if not 2 <= len(signature) <= 72 or signature[0] != 0x30 or signature[1] != len(signature) - 2:
        return False
    rest = signature[2:]
    for _ in range(2):
        if len(rest) < 2 or rest[0] != 0x02 or not 1 <= rest[1] <= 33 or len(rest) < 2 + rest[1]:
            return False
        number, rest = rest[2:2 + rest[1]], rest[2 + rest[1]:]
        if number[0] >= 0x80 or (number[0] == 0 and (len(number) < 2 or number[1] < 0x80)):
            return False
        if len(number) - (number[0] == 0) > 32:
            return False
    return not rest


# The y of the points of small order: under such a key one signature holds for many messages.
SMALL_ORDER = frozenset(bytes.fromhex(point) for point in (
    '01' + '00' * 31, '00' * 32, 'ec' + 'ff' * 30 + '7f',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'))


def sound_point(point):
    y = point[:31] + bytes([point[31] & 0x7F])
    return int.from_bytes(y, 'little') < 2 ** 255 - 19 and y not in SMALL_ORDER


def verifies(key, signature, message):
    number = lambda name: int.from_bytes(decode(key[name]), 'big')  # noqa: E731
    try:
        if key['kty'] == 'EC':
            ec.EllipticCurvePublicNumbers(number('x'), number('y'), ec.SECP256R1()).public_key().verify(signature, message, ec.ECDSA(SHA256()))
        elif key['kty'] == 'OKP':
            public = decode(key['x'])
            if len(signature) != 64 or not sound_point(public) or not sound_point(signature[:32]):
                return False
            ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        else:
            if len(signature) != len(decode(key['n'])):
                return False
            rsa.RSAPublicNumbers(65537, number('n')).public_key().verify(signature, message, padding.PKCS1v15(), SHA256())
        return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
