"""Section 1: forms of values, and its table of named texts. A form is a function of a value and its path that raises Malformed where the
value has another one. Objects are closed: a member that is missing or not listed makes them malformed."""
import re
import types

from .texts import SAFE, Malformed, decode, units


def text(lowest=0, highest=None, pattern=None, control=True):
    def form(value, path=()):
        if not isinstance(value, str) or units(value) < lowest or (highest is not None and units(value) > highest):
            raise Malformed(path)
        if (pattern is not None and not re.fullmatch(pattern, value)) or (not control and re.search('[\0-\x1f\x7f-\x9f]', value)):
            raise Malformed(path)
    return form


def integer(lowest=-SAFE, highest=SAFE):
    def form(value, path=()):
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise Malformed(path)
    return form


def boolean(value, path=()):
    if not isinstance(value, bool):
        raise Malformed(path)


def b64(lowest, highest=None):
    def form(value, path=()):
        try:
            fits = isinstance(value, str) and lowest <= len(decode(value)) <= (highest or lowest)
        except ValueError:
            fits = False
        if not fits:
            raise Malformed(path)
    return form


def one(*allowed):
    def form(value, path=()):
        if not any(type(value) is type(item) and value == item for item in allowed):
            raise Malformed(path)
    return form


def items(of, lowest, highest):
    def form(value, path=()):
        if not isinstance(value, list) or not lowest <= len(value) <= highest:
            raise Malformed(path)
        for index, item in enumerate(value):
            of(item, (*path, index))
    return form


def named(names, of, highest):
    def form(value, path=()):
        if not isinstance(value, dict) or len(value) > highest:
            raise Malformed(path)
        for name, item in value.items():
            if not re.fullmatch(names, name):
                raise Malformed((*path, name))
            of(item, (*path, name))
    return form


def closed(members, optional=types.MappingProxyType({})):
    def form(value, path=()):
        if not isinstance(value, dict):
            raise Malformed(path)
        for name in {**members, **optional, **value}:
            if name in value and name not in members and name not in optional or name in members and name not in value:
                raise Malformed((*path, name))
        for name, item in value.items():
            (members.get(name) or optional[name])(item, (*path, name))
    return form


def either(*forms):
    def form(value, path=()):
        for each in forms:
            try:
                return each(value, path)
            except Malformed:
                pass
        raise Malformed(path)
    return form


def by(member, forms):
    def form(value, path=()):
        if not isinstance(value, dict) or not isinstance(value.get(member), str) or value[member] not in forms:
            raise Malformed((*path, member))
        forms[value[member]](value, path)
    return form


SECONDS, MILLISECONDS = integer(0, 253402300799), integer(0, 253402300799999)
DIGEST = b64(32)
ID = text(pattern='[0-7][0-9a-hjkmnp-tv-z]{25}')
NAME = text(pattern='[a-z][a-z0-9-]{0,62}')
MEMBER_NAME = '[a-z][a-z0-9_]{0,62}'
PERSON = text(pattern='[a-z][a-z0-9._-]{0,62}')
REALM = text(pattern='(sandbox|prod):[0-7][0-9a-hjkmnp-tv-z]{25}')
NONCE = text(pattern='[A-Za-z0-9_-]{40,120}')
PASSKEY_ID = b64(16, 1023)
POSITION = closed({'sequence': integer(0, 1000000), 'head': DIGEST})
