"""Section 6: one statement, its signer and its assertion."""
import json

from .documents import STATEMENT
from .keys import H, plain_sha256, strict_der, verifies
from .texts import Malformed, Refused, decode, no_number, read, require


def reading(encoded, form, limit, reason, path):
    try:
        data = decode(encoded)
        return data, read(data, form, limit)
    except ValueError as error:
        raise Refused(reason, (*path, *getattr(error, 'path', ()))) from None


def open_statement(roots, encoded, kinds, path):
    data, statement = reading(encoded, STATEMENT, 8192, 'statement_malformed', path)
    require(statement['realm'] == roots['realm'], 'foreign_realm', path)
    require(statement['kind'] in kinds, 'unexpected_statement', path)
    return statement, H('statement/' + statement['kind'], data)


def signer_at(state, statement, path):
    passkey = state.passkeys.get(statement['signer']['passkey'])
    require(passkey is not None, 'unknown_passkey', path)
    require(passkey.person == statement['signer']['person'], 'other_persons_passkey', path)
    require(passkey.status == 'active', 'passkey_inactive', path)
    return passkey


def no_name_twice(pairs):
    if len({name for name, _ in pairs}) < len(pairs):
        raise Malformed()
    return dict(pairs)


def judge_assertion(roots, passkey, challenge, assertion, path):
    require(assertion['id'] == passkey.id, 'other_passkey_id', (*path, 'id'))
    decoded = {}
    for member in ('client_data_json', 'authenticator_data', 'signature'):
        try:
            decoded[member] = decode(assertion[member])
        except ValueError:
            raise Refused('assertion_malformed', (*path, member)) from None
    client_bytes, authenticator, signature = decoded.values()
    at = (*path, 'client_data_json')
    try:
        client = json.loads(client_bytes.decode('utf-8'), object_pairs_hook=no_name_twice, parse_constant=no_number)
    except (ValueError, RecursionError):
        raise Refused('client_data_malformed', at) from None
    require(isinstance(client, dict), 'client_data_malformed', at)
    require(client.get('type') == 'webauthn.get', 'wrong_ceremony', at)
    require(client.get('challenge') == challenge, 'wrong_challenge', at)
    require(client.get('origin') == roots['issuer'], 'wrong_origin', at)
    require(client.get('crossOrigin', False) is False and 'topOrigin' not in client, 'cross_origin', at)
    require('tokenBinding' not in client, 'token_binding', at)
    at = (*path, 'authenticator_data')
    require(len(authenticator) == 37, 'authenticator_data_malformed', at)
    require(authenticator[:32] == plain_sha256(roots['rp_id'].encode('utf-8')), 'wrong_rp', at)
    flags = authenticator[32]
    require(flags & 0x01, 'user_not_present', at)
    require(flags & 0x04, 'user_not_verified', at)
    require(not flags & ~0x1D and (not flags & 0x10 or flags & 0x08), 'unexpected_flags', at)
    require(bool(flags & 0x08) is not passkey.device_bound, 'backup_eligibility_changed', at)
    at = (*path, 'signature')
    require(passkey.key['kty'] != 'EC' or strict_der(signature), 'signature_malformed', at)
    require(verifies(passkey.key, signature, authenticator + plain_sha256(client_bytes)), 'signature_invalid', at)
