"""Sections 3 to 5: the forms of the trust roots, of the file and of all signed texts."""
import json
import types

from .forms import (
    DIGEST, ID, MEMBER_NAME, MILLISECONDS, NAME, NONCE, PASSKEY_ID, PERSON, POSITION, REALM, SECONDS,
    boolean, by, closed, either, integer, items, named, one, text,
)
from .keys import COMMITMENT, ED25519_KEY, OPENING, P256_KEY, PUBLIC_KEY
from .texts import SAFE

# Section 3: trust roots

PASSKEY = closed(
    {'person': PERSON, 'id': PASSKEY_ID, 'key': PUBLIC_KEY, 'thumbprint': DIGEST, 'device_bound': boolean},
    {'aaguid': text(pattern='[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')},
)
ROOTS = closed({
    'v': one(1), 'realm': REALM, 'era': integer(1, 1000), 'pinned_at': SECONDS, 'log_key': ED25519_KEY, 'roots': items(PASSKEY, 1, 3),
    'issuer': text(0, 256, 'https?://[a-z0-9.-]+(:[0-9]{1,5})?'), 'rp_id': text(0, 256, '[a-z0-9.-]+'),
})


def settled(roots):
    return (roots['pinned_at'] + 604800) * 1000


def read_roots(data):
    """Any JSON text, whole numbers however they are spelt; a ValueError where it is none of section 3."""
    roots = json.loads(data, parse_float=lambda spelt: int(float(spelt)) if float(spelt).is_integer() else float(spelt))
    ROOTS(roots)
    return roots


# Section 4: the file


def coded(highest):
    return text(1, highest, '[A-Za-z0-9_-]+')


ASSERTION = closed(
    {'id': PASSKEY_ID, 'authenticator_data': coded(1366), 'client_data_json': coded(5462), 'signature': coded(1366)})
SIGNED = closed({'statement': coded(10923), 'assertion': ASSERTION})
LINK = closed(
    {'change': coded(349526), 'statements': items(SIGNED, 0, 8), 'registrations': items(SIGNED, 0, 200), 'accepted_at': MILLISECONDS},
    {'vouch': closed({'body': coded(5462), 'signature': coded(86)})})
RECEIPT = closed({
    'v': one(1),
    'bundle': closed({
        'v': one(1), 'intent': coded(21846), 'directory': items(LINK, 0, 100000), 'rule_sets': items(coded(5333334), 0, 64),
        'statements': items(closed({
            'statement': coded(10923), 'assertion': ASSERTION, 'accepted_at': MILLISECONDS, 'rule_set': DIGEST, 'directory': POSITION,
        }), 1, 64),
    }),
    'openings': closed(
        {'parameters': named(MEMBER_NAME, OPENING, 20), 'notes': named('[A-Za-z0-9_-]{43}', OPENING, 64)}, {'reason': OPENING}),
}, {'issued': closed({'body': coded(87384), 'signature': coded(86)})})


# Section 5: signed texts

LEASE = integer(30, 86400)


def nested(leaf):
    """A list or object of at most 50, or a leaf; what has a member `commitment` is a commitment where the leaf takes one."""
    def form(value, path=()):
        if isinstance(value, list):
            items(form, 0, 50)(value, path)
        elif isinstance(value, dict) and not (leaf is RIGHT_LEAF and 'commitment' in value):
            named(MEMBER_NAME, form, 50)(value, path)
        else:
            leaf(value, path)
    return form


TEMPLATE_LEAF = either(text(0, 4000), integer())
RIGHT_LEAF = either(text(0, 4000), integer(), COMMITMENT)
SETTINGS = named(MEMBER_NAME, text(0, 2000), 30)

INTENT = closed({
    'v': one(1), 'realm': REALM, 'id': ID, 'mode': one('normal'), 'requester': closed({'kind': one('person'), 'id': PERSON}),
    'runbook': NAME, 'action': NAME, 'action_digest': DIGEST, 'rules_digest': DIGEST, 'reason': COMMITMENT, 'lease_seconds': LEASE,
    'parameters': named(MEMBER_NAME, RIGHT_LEAF, 20),
    'right': closed({'kind': NAME, 'target': NAME, 'settings': SETTINGS, 'grants': named(MEMBER_NAME, nested(RIGHT_LEAF), 20)}),
    'confirm_by': SECONDS, 'decide_by': SECONDS, 'claim_by': SECONDS, 'ends_no_later_than': SECONDS,
})


def statement_form(role, decision, members, optional=types.MappingProxyType({})):
    signer = closed({'person': PERSON, 'passkey': DIGEST})
    return closed({'v': one(1), 'realm': REALM, 'nonce': NONCE, 'kind': text(), 'signer': signer, 'role': role, 'decision': decision,
                   **members}, optional)


INTENTS = {'intents': items(DIGEST, 1, 8)}
HOLDER = {'holder': closed({'sign': P256_KEY, 'encrypt': P256_KEY})}
STATEMENT = by('kind', {
    'request': statement_form(one('requester'), one('confirm'), {**INTENTS, **HOLDER}),
    'decide': statement_form(one('approver'), one('approve', 'deny'), INTENTS, {'note': COMMITMENT, 'lease_seconds': LEASE}),
    'revoke': statement_form(one('requester', 'approver', 'administrator'), one('revoke'), INTENTS),
    'register': statement_form(one('owner'), one('register'), {'id': PASSKEY_ID, 'key': PUBLIC_KEY}),
    'directory': statement_form(one('administrator', 'owner'), one('change'), {'change': DIGEST}),
    'lift': statement_form(one('owner'), one('lift'), {'passkey': DIGEST}),
    'sign_in': closed({'v': one(1), 'realm': REALM, 'nonce': NONCE, 'kind': text(), 'audience': NAME}),
})

ROLE = one('administrator', 'approver', 'auditor')
EFFECT = one('grant', 'withdraw')
SPACE = '\\t-\\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'
PROVIDER = {'issuer': text(0, 500, f'https?://[^{SPACE}\0-\x1f\x7f-\x9f]+'), 'client_id': text(1, 200, control=False)}


def change_form(members):
    return closed({'v': one(1), 'realm': REALM, 'sequence': integer(1, 1000000), 'previous': DIGEST, 'operation': text(), **members})


STATUS_CHANGE = change_form({'passkeys': items(DIGEST, 1, 200)})
CHANGE = by('operation', {
    'enrol': change_form(
        {'passkeys': items(closed({'passkey': PASSKEY, 'registration': DIGEST, 'roles': items(ROLE, 0, 3)}), 1, 200)}),
    'add': change_form({'passkey': PASSKEY, 'registration': DIGEST}),
    'suspend': STATUS_CHANGE, 'reinstate': STATUS_CHANGE, 'revoke': STATUS_CHANGE,
    'role': change_form({'person': PERSON, 'role': ROLE, 'effect': EFFECT, 'passkeys': items(DIGEST, 0, 20)}),
    'endorse': change_form({'rule_set': DIGEST}),
    'provider': change_form({**PROVIDER, 'effect': EFFECT}),
    'recover': change_form({'lost': closed({'directory': POSITION, 'watermark': integer(0, SAFE)})}),
})
VOUCH = closed({
    'v': one(1), 'realm': REALM, 'change': DIGEST, **PROVIDER, 'subject': DIGEST, 'auth_time': SECONDS, 'directory': POSITION, 'nonce': DIGEST,
}, {'acr': text(1, 200, control=False)})

LINE = text(1, 200, control=False)
CHANNEL = text(pattern='#?[A-Za-z0-9_-]{1,80}')
ACCEPT = one('any', 'device_bound', 'hardware')


def parameter_form(members):
    return closed({'name': text(pattern=MEMBER_NAME), 'label': LINE, 'help': text(0, 500, control=False), 'personal': boolean,
                   'type': text(), **members})


PARAMETER = by('type', {
    'string': parameter_form({'pattern': text(1, 500, control=False), 'max_length': integer(1, 2000)}),
    'enum': parameter_form({'values': items(text(1, 75, control=False), 1, 100)}),
    'integer': parameter_form({'minimum': integer(), 'maximum': integer()}),
    'boolean': parameter_form({}),
})
ACTION = closed({
    'runbook': NAME, 'name': NAME, 'title': LINE, 'text': text(0, 20000), 'parameters': items(PARAMETER, 0, 20),
    'credential': closed({'kind': NAME, 'target': NAME, 'grants': named(MEMBER_NAME, nested(TEMPLATE_LEAF), 20)}),
    'lease': closed({'default_seconds': LEASE, 'maximum_seconds': LEASE}), 'freshness_seconds': integer(60, 86400),
    'rules': closed(
        {'requesters': items(NAME, 1, 20), 'approvals': items(closed({'group': NAME, 'count': integer(1, 8)}), 1, 8)}),
})
RULE_SET = closed({
    'v': one(1), 'offers': items(closed({'action': ACTION, 'channel': CHANNEL}), 0, 500),
    'targets': items(closed({'name': NAME, 'kind': NAME, 'settings': SETTINGS}), 0, 200),
    'people': items(closed(
        {'id': PERSON, 'name': LINE, 'slack': items(text(pattern='[TE][A-Z0-9]{2,20}/[UW][A-Z0-9]{2,20}'), 0, 8)},
        {'oidc': text(1, 255, '[!-~]+')}), 0, 5000),
    'groups': named('[a-z][a-z0-9-]{0,62}', items(PERSON, 0, 5000), 500),
    'administrators': items(PERSON, 0, 200), 'auditors': items(PERSON, 0, 500),
    'keys': closed({
        'accept': closed({'requesters': ACCEPT, 'approvers': ACCEPT, 'administrators': ACCEPT}),
        'approver_keys': integer(1, 5), 'cool_down_hours': integer(0, 72), 'gained_hours': integer(0, 168)}),
    'gained': items(closed({'at': SECONDS, 'group': NAME}, {'person': PERSON, 'action': text(0, 200, '[a-z0-9.-]+')}), 0, 20000),
}, {'security_channel': CHANNEL})
ISSUED = closed({
    'v': one(1), 'realm': REALM, 'era': integer(1, 1000), 'intent': DIGEST, 'purpose': one('claim', 'renewal'),
    'credential': closed({'id': ID, 'number': integer(1, 1000), 'fingerprint': DIGEST}),
    'judged_at': MILLISECONDS, 'issued_at': MILLISECONDS, 'expires_at': MILLISECONDS, 'rule_set': DIGEST, 'directory': POSITION,
    'statements': items(
        closed({'statement': DIGEST, 'accepted_at': MILLISECONDS, 'rule_set': DIGEST, 'directory': POSITION}), 1, 64),
    'approvals': items(closed({'person': PERSON, 'passkey': DIGEST, 'group': NAME, 'statement': DIGEST}), 1, 64),
})
