"""Section 7: the directory, link by link."""
import copy
import types

from .assertion import judge_assertion, open_statement, reading, signer_at
from .documents import CHANGE, VOUCH
from .keys import H, tag, thumbprint, verifies
from .texts import Refused, canonical, decode, read, require


def strength(device_bound, aaguid):
    return 0 if not device_bound else 1 if aaguid is None else 2


def enrolled(item, position, in_full, let_in_by=()):
    return types.SimpleNamespace(person=item['person'], id=item['id'], key=item['key'], device_bound=item['device_bound'],
                                 aaguid=item.get('aaguid'), thumbprint=item['thumbprint'], status='active', in_full=in_full,
                                 in_full_from=position, let_in_by=set(let_in_by))


class State:
    """The directory at its last position (7.1); earlier ones that evidence asks for are kept as copies in `earlier`."""

    def __init__(self, roots):
        both = [value for root in roots['roots'] for value in (root['id'], root['thumbprint'])]
        sound = all(thumbprint(root['key']) == root['thumbprint'] for root in roots['roots']) and len(set(both)) == len(both)
        require(sound, 'roots_malformed', ('roots',))
        self.heads, self.times = [H('trust-roots', canonical(roots))], [roots['pinned_at'] * 1000]
        self.passkeys = {root['thumbprint']: enrolled(root, 0, True) for root in roots['roots']}
        self.roots = {root['person'] for root in roots['roots']}
        self.roles = {person: {'administrator', 'approver', 'auditor'} for person in self.roots}
        self.approver_from = {person: 0 for person in self.roots}
        self.providers, self.endorsed, self.nonces, self.watermark, self.earlier = set(), set(), set(), None, {}

    @property
    def position(self):
        return len(self.heads) - 1

    def holds(self, person, role):
        return role in self.roles.get(person, ())

    def give(self, person, role):
        if role == 'approver' and not self.holds(person, role):
            self.approver_from[person] = self.position + 1
        self.roles.setdefault(person, set()).add(role)

    def two(self):
        return 2 if sum('administrator' in roles for roles in self.roles.values()) >= 2 else 1

    def of(self, person):
        return [passkey for passkey in self.passkeys.values() if passkey.person == person]

    def keep(self, wanted):
        if self.position in wanted:
            self.earlier[self.position] = types.SimpleNamespace(
                passkeys=copy.deepcopy(self.passkeys), roles=copy.deepcopy(self.roles),
                approver_from=dict(self.approver_from), endorsed=set(self.endorsed))

    def administrators_left(self, without):
        return any(passkey.status == 'active' and passkey.in_full and passkey.thumbprint not in without
                   and self.holds(passkey.person, 'administrator') for passkey in self.passkeys.values())


def walk_directory(roots, links, wanted):
    state = State(roots)
    state.keep(wanted)
    for index, link in enumerate(links):
        take_link(roots, state, link, ('bundle', 'directory', index))
        state.keep(wanted)
    return state


def take_link(roots, state, link, path):
    # 7.2, step 1
    data, change = reading(link['change'], CHANGE, 262144, 'change_malformed', (*path, 'change'))
    digest = H('directory-change', data)
    require(change['realm'] == roots['realm'], 'foreign_realm', (*path, 'change'))
    require(change['sequence'] == state.position + 1, 'out_of_sequence', (*path, 'change'))
    require(change['previous'] == state.heads[-1], 'wrong_previous', (*path, 'change'))
    require(link['accepted_at'] >= state.times[-1], 'accepted_before_previous', (*path, 'accepted_at'))
    # Step 2
    opened = []
    for member, kind in (('statements', 'directory'), ('registrations', 'register')):
        for index, item in enumerate(link[member]):
            at = (*path, member, index)
            statement, named_by = open_statement(roots, item['statement'], [kind], (*at, 'statement'))
            opened.append(types.SimpleNamespace(kind=kind, text=statement, digest=named_by, assertion=item['assertion'], path=at, passkey=None))
    nonces = set()
    for item in opened:
        require(item.text['nonce'] not in nonces | state.nonces, 'nonce_reused', item.path)
        nonces.add(item.text['nonce'])
    signed = [item for item in opened if item.kind == 'directory']
    registrations = [item for item in opened if item.kind == 'register']
    # Step 3
    persons = set()
    for item in signed:
        require(item.text['change'] == digest, 'other_change', item.path)
        item.passkey = signer_at(state, item.text, item.path)
        judge_assertion(roots, item.passkey, item.digest, item.assertion, (*item.path, 'assertion'))
        require(item.passkey.person not in persons, 'signed_twice', item.path)
        persons.add(item.passkey.person)
    # Steps 4 and 5
    if 'vouch' in link:
        judge_vouch(roots, state, link['vouch'], change, digest, (*path, 'vouch'))
    operate(roots, state, change, signed, registrations, 'vouch' in link, path)
    state.heads.append(H('directory-head', canonical({'accepted_at': link['accepted_at'], 'change': digest})))
    state.times.append(link['accepted_at'])
    state.nonces |= nonces


def signed_by_administrators(state, signed, count, excluded, path):
    for item in signed:
        require(item.text['role'] == 'administrator', 'not_the_owner', item.path)
        require(state.holds(item.passkey.person, 'administrator') and item.passkey.in_full, 'not_an_administrator', item.path)
        require(item.passkey.person not in excluded, 'signed_by_subject', item.path)
    require(signed, 'not_an_administrator', path)
    require(len(signed) >= count, 'second_administrator_missing', path)


def signed_by_owner(signed, owners, path):
    require(len(signed) == 1 and signed[0].text['role'] == 'owner' and owners == {signed[0].passkey.person}, 'not_the_owner', path)


def prove_keys(roots, state, added, registrations, path):
    both = [value for item in added for value in (item['passkey']['id'], item['passkey']['thumbprint'])]
    require(len(set(both)) == len(both), 'listed_twice', path)
    ids = {passkey.id for passkey in state.passkeys.values()}
    for item in added:
        passkey = item['passkey']
        require(thumbprint(passkey['key']) == passkey['thumbprint'], 'thumbprint_differs', path)
        require(passkey['thumbprint'] not in state.passkeys and passkey['id'] not in ids, 'already_enrolled', path)
        registration = next((each for each in registrations if each.digest == item['registration']), None)
        require(registration is not None, 'registration_missing', path)
        said, signer = registration.text, registration.text['signer']
        same = (signer['person'], signer['passkey'], said['id'], said['key']) == tuple(passkey[m] for m in ('person', 'thumbprint', 'id', 'key'))
        require(same, 'registration_differs', registration.path)
        subject = enrolled(passkey, state.position + 1, False)
        judge_assertion(roots, subject, registration.digest, registration.assertion, (*registration.path, 'assertion'))
    require(len(registrations) == len(added), 'registration_unasked', path)


def operate(roots, state, change, signed, registrations, vouched, path):
    """7.3: every check stands on the state before the link; effects come last."""
    operation = change['operation']
    if operation in ('enrol', 'add'):
        added = change['passkeys'] if operation == 'enrol' else [change]
        prove_keys(roots, state, added, registrations, path)
    else:
        require(not registrations, 'registration_unasked', path)

    if operation == 'enrol':
        persons = {item['passkey']['person'] for item in added}
        if vouched:
            require(not signed, 'not_to_be_vouched', path)
        else:
            raised = any(item['roles'] for item in added) or any(state.roles.get(person) for person in persons)
            signed_by_administrators(state, signed, state.two() if raised else 1, persons, path)
        for item in added:
            fresh = len(set(item['roles'])) == len(item['roles']) and not set(item['roles']) & state.roles.get(item['passkey']['person'], set())
            require(fresh, 'no_effect', path)
        in_full = not vouched and len(signed) >= state.two()
        for item in added:
            state.passkeys[item['passkey']['thumbprint']] = enrolled(item['passkey'], state.position + 1, in_full, [each.passkey.person for each in signed])
            for role in item['roles']:
                state.give(item['passkey']['person'], role)
    elif operation == 'add':
        signed_by_owner(signed, {change['passkey']['person']}, path)
        added, by = change['passkey'], signed[0].passkey
        in_full = by.in_full and strength(by.device_bound, by.aaguid) >= strength(added['device_bound'], added.get('aaguid'))
        state.passkeys[added['thumbprint']] = enrolled(added, state.position + 1, in_full, by.let_in_by)
    elif operation in ('suspend', 'reinstate', 'revoke'):
        status = {'suspend': 'suspended', 'reinstate': 'active', 'revoke': 'revoked'}[operation]
        change_status(state, operation, status, change['passkeys'], signed, path)
    else:
        granted = operation == 'role' and change['effect'] == 'grant'
        signed_by_administrators(state, signed, state.two(), {change['person']} if granted else set(), path)
        if operation == 'role':
            change_role(state, change, path)
        elif operation == 'endorse':
            require(change['rule_set'] not in state.endorsed, 'no_effect', path)
            state.endorsed.add(change['rule_set'])
        elif operation == 'recover':
            require(state.watermark is None or change['lost']['watermark'] > state.watermark, 'no_effect', path)
            state.watermark = change['lost']['watermark']
        else:
            provider, grant = (change['issuer'], change['client_id']), change['effect'] == 'grant'
            require((provider in state.providers) is not grant, 'no_effect', path)
            (state.providers.add if grant else state.providers.remove)(provider)


def change_status(state, operation, status, thumbprints, signed, path):
    require(len(set(thumbprints)) == len(thumbprints), 'listed_twice', path)
    for each in thumbprints:
        require(each in state.passkeys, 'unknown_passkey', path)
        require(state.passkeys[each].status != status, 'no_effect', path)
        require(state.passkeys[each].status != 'revoked', 'revoked_for_good', path)
    owners = {state.passkeys[each].person for each in thumbprints}
    if operation != 'reinstate' and signed and signed[0].text['role'] == 'owner':
        signed_by_owner(signed, owners, path)
    elif operation == 'suspend':
        signed_by_administrators(state, signed, 1, set(), path)
    else:
        raised = any(state.roles.get(owner) for owner in owners)
        signed_by_administrators(state, signed, state.two() if raised else 1, owners, path)
    require(operation == 'reinstate' or state.administrators_left(thumbprints), 'last_administrator', path)
    for each in thumbprints:
        state.passkeys[each].status = status


def change_role(state, change, path):
    person, role, thumbprints, grant = change['person'], change['role'], change['passkeys'], change['effect'] == 'grant'
    require(thumbprints or state.holds(person, role) is not grant, 'no_effect', path)
    require(len(set(thumbprints)) == len(thumbprints), 'listed_twice', path)
    if not grant:
        require(not thumbprints, 'no_effect', path)
        if role == 'administrator':
            require(person not in state.roots, 'root_is_administrator', path)
        state.roles[person].discard(role)
        return
    for each in thumbprints:
        passkey = state.passkeys.get(each)
        require(passkey and passkey.person == person and passkey.status == 'active', 'other_persons_passkey', path)
        require(not passkey.in_full, 'no_effect', path)
    ready = thumbprints or any(passkey.status == 'active' and passkey.in_full for passkey in state.of(person))
    require(ready, 'passkey_missing', path)
    state.give(person, role)
    for each in thumbprints:
        state.passkeys[each].in_full, state.passkeys[each].in_full_from = True, state.position + 1


def judge_vouch(roots, state, vouch, change, digest, path):
    try:
        data, signature = decode(vouch['body']), decode(vouch['signature'])
        body = read(data, VOUCH, 4096)
    except ValueError:
        raise Refused('vouch_malformed', path) from None
    require(verifies(roots['log_key'], signature, tag('vouch', data)), 'vouch_signature_invalid', path)
    require(body['realm'] == roots['realm'], 'foreign_realm', path)
    require(body['change'] == digest, 'other_change', path)
    require((body['issuer'], body['client_id']) in state.providers, 'unknown_provider', path)
    alone = change['operation'] == 'enrol' and len(change['passkeys']) == 1 and not change['passkeys'][0]['roles']
    require(alone and not state.of(change['passkeys'][0]['passkey']['person']), 'not_to_be_vouched', path)
    sequence, head = body['directory']['sequence'], body['directory']['head']
    require(sequence <= state.position and state.heads[sequence] == head, 'directory_position_unknown', path)
    passkey = change['passkeys'][0]['passkey']
    said = canonical({'head': head, 'person': passkey['person'], 'thumbprint': passkey['thumbprint']})
    require(body['nonce'] == H('vouched-nonce', said), 'nonce_differs', path)
