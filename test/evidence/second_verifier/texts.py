"""Section 1 of docs/receipt.md: strict base64url, canonical JSON, and the two ways to fail."""
import base64
import json
import re
import sys

SAFE = 2**53 - 1
sys.setrecursionlimit(9000)  # client data may nest as deep as its 4096 bytes allow


class Refused(Exception):
    """The receipt is not valid: the first reason, and the path to it."""

    def __init__(self, reason, path=()):
        super().__init__(reason)
        self.reason, self.path = reason, list(path)


class Malformed(ValueError):
    """A value that has not the form asked for; the caller knows which reason that is."""

    def __init__(self, path=()):
        super().__init__('malformed')
        self.path = list(path)


def require(holds, reason, path=()):
    if not holds:
        raise Refused(reason, path)


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode('ascii')


def decode(text):
    """Strict base64url: what does not encode back to the very same text was no spelling of any bytes."""
    if not re.fullmatch('[A-Za-z0-9_-]*', text) or len(text) % 4 == 1:
        raise Malformed()
    data = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
    if encode(data) != text:
        raise Malformed()
    return data


def units(text):
    return len(text.encode('utf-16-be', 'surrogatepass')) // 2


def canonical_text(value, depth=0):
    if depth > 12:
        raise Malformed()
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, int) and abs(value) <= SAFE:
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # escapes exactly what section 1 says
    if isinstance(value, list):
        return '[' + ','.join(canonical_text(item, depth + 1) for item in value) + ']'
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode('utf-16-be', 'surrogatepass'))
        return '{' + ','.join(canonical_text(n) + ':' + canonical_text(value[n], depth + 1) for n in names) + '}'
    raise Malformed()


def canonical(value):
    return canonical_text(value).encode('utf-8')  # a lone surrogate has no UTF-8: UnicodeEncodeError is a ValueError


def no_number(_):
    raise Malformed()


def read(data, form, limit=None):
    """The value of canonical JSON of this form; anything else is a ValueError."""
    if limit is not None and len(data) > limit:
        raise Malformed()
    try:
        value = json.loads(data.decode('utf-8'), parse_float=no_number, parse_constant=no_number)
    except RecursionError:
        raise Malformed() from None
    if canonical(value) != data:
        raise Malformed()
    form(value)
    return value
