"""Section 8: the evidence."""
import types
from collections import Counter

from .assertion import judge_assertion, open_statement, reading, signer_at
from .documents import INTENT, settled
from .keys import H
from .texts import canonical, require

HOUR = 3_600_000


def action_of(rule_sets, digest, intent, path):
    """8.2: the action that this rule set holds for the intent."""
    require(digest in rule_sets, 'rule_set_missing', path)
    offered = (offer['action'] for offer in rule_sets[digest]['offers'])
    action = next((a for a in offered if (a['runbook'], a['name']) == (intent['runbook'], intent['action'])), None)
    require(action is not None, 'action_withdrawn', path)
    require(H('rules', canonical(action['rules'])) == intent['rules_digest'], 'rules_changed', path)
    require(H('action', canonical(action)) == intent['action_digest'], 'action_changed', path)
    return action


def accepted(passkey, rule):
    return rule == 'any' or (passkey.device_bound and (rule == 'device_bound' or passkey.aaguid is not None))


def judge_evidence(roots, bundle, rule_sets, state, now_rules, now, purpose):
    data, intent = reading(bundle['intent'], INTENT, 16384, 'intent_malformed', ('bundle', 'intent'))
    intent_digest, at = H('intent', data), ('bundle', 'intent')
    require(intent['realm'] == roots['realm'], 'foreign_realm', at)
    times = [intent[name] for name in ('confirm_by', 'decide_by', 'claim_by', 'ends_no_later_than')]
    require(times == sorted(times), 'times_disordered', at)
    action = action_of(rule_sets, now_rules, intent, at)
    credential, right = action['credential'], intent['right']
    within = (right['kind'], right['target']) == (credential['kind'], credential['target'])
    require(within and intent['lease_seconds'] <= action['lease']['maximum_seconds'], 'intent_outside_action', at)

    # 8.3, in the order of the bundle
    evidence, nonces = [], set()
    for index, item in enumerate(bundle['statements']):
        at = ('bundle', 'statements', index)
        statement, digest = open_statement(roots, item['statement'], ['request', 'decide', 'revoke'], (*at, 'statement'))
        require(intent_digest in statement['intents'], 'other_intent', at)
        require(len(set(statement['intents'])) == len(statement['intents']), 'intent_named_twice', at)
        require(item['accepted_at'] <= now + 2000, 'accepted_in_future', at)
        if item['rule_set'] != now_rules:
            action_of(rule_sets, item['rule_set'], intent, at)
        sequence = item['directory']['sequence']
        require(sequence <= state.position, 'directory_position_unknown', at)
        require(state.heads[sequence] == item['directory']['head'], 'directory_head_differs', at)
        then = state.earlier[sequence]
        passkey = signer_at(then, statement, at)
        judge_assertion(roots, passkey, digest, item['assertion'], (*at, 'assertion'))
        require(statement['nonce'] not in nonces, 'nonce_reused', at)
        nonces.add(statement['nonce'])
        evidence.append(types.SimpleNamespace(
            text=statement, digest=digest, person=passkey.person, passkey=passkey, accepted_at=item['accepted_at'], then=then, path=at,
            rules=rule_sets[item['rule_set']], endorsed=item['rule_set'] in then.endorsed, groups=[]))
    evidence.sort(key=lambda item: item.accepted_at)  # a stable sort
    confirmations, decisions, revocations = (
        [item for item in evidence if item.text['kind'] == kind] for kind in ('request', 'decide', 'revoke'))

    def in_one(groups, person, rules):
        return any(person in rules['groups'].get(group, ()) for group in groups)

    # 8.4
    asking, approving = action['rules']['requesters'], [line['group'] for line in action['rules']['approvals']]
    requester = intent['requester']['id']
    for item in decisions:
        require(in_one(approving, item.person, item.rules), 'not_an_approver', item.path)
    for item in revocations:
        eligible = {
            'requester': item.person == requester,
            'approver': in_one(approving, item.person, item.rules),
            'administrator': 'administrator' in item.then.roles.get(item.person, ()) and item.person in item.rules['administrators'],
        }
        require(eligible[item.text['role']], 'not_eligible_to_revoke', item.path)
    for item in decisions:
        require(item.text['decision'] != 'deny', 'denied', item.path)
    require(not revocations, 'revoked', revocations[0].path if revocations else ())

    # 8.5
    rules_now = rule_sets[now_rules]
    for item in confirmations:
        require(item.person == requester, 'not_the_requester', item.path)
        eligible = in_one(asking, item.person, item.rules) and in_one(asking, item.person, rules_now)
        require(eligible, 'not_eligible_to_ask', item.path)
        kind = all(accepted(item.passkey, rules['keys']['accept']['requesters']) for rules in (item.rules, rules_now))
        require(kind, 'passkey_not_accepted', item.path)
        require(state.passkeys[item.passkey.thumbprint].status == 'active', 'requester_passkey_inactive', item.path)
    require(confirmations, 'not_confirmed', ('bundle', 'statements'))
    require(confirmations[0].accepted_at <= intent['confirm_by'] * 1000, 'confirmed_late', confirmations[0].path)
    for item in decisions:
        require(item.person != requester, 'self_approval', item.path)
        own = any(not asked.passkey.in_full and item.person in asked.passkey.let_in_by for asked in confirmations)
        require(not own, 'self_approval', item.path)
        require(item.accepted_at >= confirmations[0].accepted_at, 'approved_before_confirmation', item.path)
        require(item.accepted_at <= intent['decide_by'] * 1000, 'approved_late', item.path)

    # 8.6
    counted = []
    for item in decisions:
        decision_then(roots, state, item, approving, f"{intent['runbook']}.{intent['action']}")
        item.groups = [group for group in item.groups if in_one([group], item.person, rules_now)]
        active = state.passkeys[item.passkey.thumbprint].status == 'active' and state.holds(item.person, 'approver')
        first = all(other.person != item.person for other in counted)
        if item.groups and active and first and accepted(item.passkey, rules_now['keys']['accept']['approvers']):
            counted.append(item)
    uses = Counter(item.passkey.thumbprint for item in counted)
    places = [line['group'] for line in action['rules']['approvals'] for _ in range(line['count'])]
    seats = [None] * len(places)

    def seat(voter, tried):
        for place, group in enumerate(places):
            if place in tried or group not in voter.groups:
                continue
            tried.add(place)
            if seats[place] is None or seat(seats[place], tried):
                seats[place] = voter
                return True
        return False

    for voter in counted:
        if uses[voter.passkey.thumbprint] == 1:
            seat(voter, set())

    # 8.7
    require(now <= intent['ends_no_later_than'] * 1000, 'ended')
    require(all(seats), 'quorum_missing')
    if purpose == 'claim':
        require(now <= intent['claim_by'] * 1000, 'claimed_late')
        fresh = any(now - item.accepted_at <= action['freshness_seconds'] * 1000 for item in confirmations)
        require(fresh, 'confirmation_too_old')
    lease = min([intent['lease_seconds'], *(item.text['lease_seconds'] for item in counted if 'lease_seconds' in item.text)])
    approvals = [{'person': voter.person, 'passkey': voter.passkey.thumbprint, 'group': group, 'statement': voter.digest}
                 for voter, group in zip(seats, places)]
    return types.SimpleNamespace(intent=intent, digest=intent_digest, evidence=evidence, decisions=decisions, approvals=approvals, lease=lease)


def decision_then(roots, state, item, approving, full_name):
    """8.6, steps 1 to 6: what must have held when the decision was accepted."""
    keys, then, passkey = item.rules['keys'], item.then, item.passkey
    require('approver' in then.roles.get(item.person, ()), 'not_an_approver', item.path)
    require(passkey.in_full, 'passkey_not_in_full', item.path)
    require(accepted(passkey, keys['accept']['approvers']), 'passkey_not_accepted', item.path)
    serves_from = max(passkey.in_full_from, then.approver_from[item.person])
    from_time = state.times[serves_from]
    if serves_from > 0 and from_time >= settled(roots):
        from_time += keys['cool_down_hours'] * HOUR
    require(item.accepted_at >= from_time, 'passkey_cooling_down', item.path)
    if item.accepted_at >= settled(roots):
        serving = [each for each in then.passkeys.values() if each.person == item.person and each.status == 'active'
                   and each.in_full and accepted(each, keys['accept']['approvers'])]
        require(len(serving) >= keys['approver_keys'], 'too_few_passkeys', item.path)

    def gained_time(group):
        times = [gain['at'] * 1000 for gain in item.rules['gained']
                 if gain['group'] == group and gain.get('person', item.person) == item.person and gain.get('action', full_name) == full_name]
        if not times or max(times) < settled(roots) or item.endorsed:
            return 0
        return max(times) + keys['gained_hours'] * HOUR

    item.groups = [group for group in approving
                   if item.person in item.rules['groups'].get(group, ()) and item.accepted_at >= gained_time(group)]
    require(item.groups, 'gained_too_recently', item.path)
