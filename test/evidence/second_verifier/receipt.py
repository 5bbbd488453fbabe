"""Section 9: the receipt, in its seven steps."""
import json

from .assertion import reading
from .directory import walk_directory
from .documents import ISSUED, RECEIPT, RULE_SET
from .evidence import judge_evidence
from .keys import H, opens, plain_sha256, tag, verifies
from .texts import Refused, canonical, decode, read, require


def credential_id(intent, number):
    first = plain_sha256(tag('credential', canonical({'intent': intent, 'number': number})))[:16]
    bits = int.from_bytes(first, 'big')
    return ''.join('0123456789abcdefghjkmnpqrstvwxyz'[bits >> shift & 31] for shift in range(125, -1, -5))


def judge_word(roots, issued):
    """Step 2: what the issuer signed."""
    path = ('issued', 'body')
    try:
        data = decode(issued['body'])
        path = ('issued', 'signature')
        signature = decode(issued['signature'])
    except ValueError:
        raise Refused('issued_malformed', path) from None
    require(verifies(roots['log_key'], signature, tag('credential-issued', data)), 'issued_signature_invalid', path)
    path = ('issued', 'body')
    _, body = reading(issued['body'], ISSUED, 65536, 'issued_malformed', path)
    require(body['realm'] == roots['realm'], 'foreign_realm', path)
    require(body['era'] == roots['era'], 'other_era', path)
    return body


def judge_word_again(body, bundle, found):
    """Step 6: that what he signed is what was found."""
    path, said = ('issued', 'body'), ('accepted_at', 'rule_set', 'directory')
    require(body['intent'] == found.digest, 'issued_differs', path)
    digests = [open_digest(item) for item in bundle['statements']]
    expected = sorted(({'statement': digest, **{m: item[m] for m in said}} for digest, item in zip(digests, bundle['statements'])),
                      key=lambda item: item['statement'])
    require(body['statements'] == expected, 'issued_differs', path)
    require(body['approvals'] == found.approvals, 'issued_differs', path)
    require((body['credential']['number'] == 1) is (body['purpose'] == 'claim'), 'issued_differs', path)
    require(body['credential']['id'] == credential_id(found.digest, body['credential']['number']), 'issued_differs', path)
    require(body['issued_at'] >= body['judged_at'], 'issued_differs', path)
    end = found.intent['ends_no_later_than'] * 1000
    if body['purpose'] == 'claim':
        require(body['expires_at'] == min(body['judged_at'] + found.lease * 1000, end), 'issued_differs', path)
    else:
        require(body['judged_at'] < body['expires_at'] <= end, 'issued_differs', path)


def open_digest(item):
    data = decode(item['statement'])
    return H('statement/' + json.loads(data)['kind'], data)


def judge_openings(openings, found):
    """Step 7."""
    if 'reason' in openings:
        require(opens(openings['reason'], found.intent['reason']), 'opening_differs', ('openings', 'reason'))
    notes = {item.digest: item.text['note'] for item in found.decisions if 'note' in item.text}
    parameters = {name: value for name, value in found.intent['parameters'].items() if isinstance(value, dict)}
    for member, commitments in (('parameters', parameters), ('notes', notes)):
        for name, opening in openings[member].items():
            require(name in commitments, 'opening_unknown', ('openings', member, name))
            require(opens(opening, commitments[name]), 'opening_differs', ('openings', member, name))


def judge(file, roots):
    """'valid', or 'unproven' when the signatures stand and the rules are only what the receipt says; else Refused."""
    try:
        receipt = read(file[:-1] if file.endswith(b'\n') else file, RECEIPT)
    except ValueError as error:
        raise Refused('receipt_malformed', getattr(error, 'path', ())) from None
    bundle, statements = receipt['bundle'], receipt['bundle']['statements']
    if 'issued' in receipt:
        body = judge_word(roots, receipt['issued'])
        now_rules, now, purpose, end = body['rule_set'], body['judged_at'], body['purpose'], body['directory']
    else:
        body, latest = None, max(reversed(statements), key=lambda item: item['accepted_at'])
        now_rules, now, purpose = latest['rule_set'], latest['accepted_at'], 'renewal'
        end = max(statements, key=lambda item: item['directory']['sequence'])['directory']

    rule_sets, asked = {}, {now_rules, *(item['rule_set'] for item in statements)}
    for index, encoded in enumerate(bundle['rule_sets']):
        path = ('bundle', 'rule_sets', index)
        data, rules = reading(encoded, RULE_SET, None, 'rule_set_malformed', path)
        require(H('rule-set', data) not in rule_sets, 'rule_set_malformed', path)
        rule_sets[H('rule-set', data)] = rules
    for index, digest in enumerate(rule_sets):
        require(digest in asked, 'rule_set_unused', ('bundle', 'rule_sets', index))

    state = walk_directory(roots, bundle['directory'], {item['directory']['sequence'] for item in statements})
    require(end == {'sequence': state.position, 'head': state.heads[-1]}, 'directory_ends_elsewhere', ('bundle', 'directory'))
    found = judge_evidence(roots, bundle, rule_sets, state, now_rules, now, purpose)
    if body is not None:
        judge_word_again(body, bundle, found)
    judge_openings(receipt['openings'], found)
    return 'valid' if body is not None else 'unproven'


def verdict(file, roots):
    """The verdict on the bytes of a file, as it is told: {verdict} or {verdict, reason, path}, the path a JSON pointer (RFC 6901)."""
    try:
        return {'verdict': judge(file, roots)}
    except Refused as refused:
        steps = (str(step).replace('~', '~0').replace('/', '~1') for step in refused.path)
        return {'verdict': 'invalid', 'reason': refused.reason, 'path': ''.join(f'/{step}' for step in steps)}
