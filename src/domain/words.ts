// Words for people: one sentence for each refusal, in one exhaustive switch. Each says what is the matter and what to do next. Nothing here quotes
// hostile input but the names of actions and parameters, which callers show as plain text.

import type { Accept } from './accepted-keys.ts'
import { misfitWords } from './accepted-words.ts'
import { onlyAdministratorsWords, providerWords } from './provider.ts'
import type { ChangeMisfit, Move, Refusal } from './refusal.ts'
import type { RequestState } from './request-state.ts'

/** "15 minutes", "1 hour", "90 seconds". */
export function durationWords(seconds: number): string {
  const [amount, unit] =
    seconds % 3600 === 0
      ? [seconds / 3600, 'hour']
      : seconds % 60 === 0
        ? [seconds / 60, 'minute']
        : ([seconds, 'second'] as const)
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}

/** "14:32 UTC" of a time in ms. */
export const timeWords = (ms: number): string => `${new Date(ms).toISOString().slice(11, 16)} UTC`

/** "22 Nov" of a time in ms. */
export const dayWords = (ms: number): string => {
  // ECMA-262 section 21.4.4.43 spells it like this everywhere; Intl costs each process 20 ms before it is ready.
  const [, day = '', month = ''] = new Date(ms).toUTCString().split(' ')
  return `${Number(day)} ${month}`
}

/** "Sun 22 Nov, 14:32 UTC" of a time in ms. */
export const dateWords = (ms: number): string => `${new Date(ms).toUTCString().slice(0, 3)} ${dayWords(ms)}, ${timeWords(ms)}`

const list = (names: readonly string[]): string => names.join(', ')

const STATE: { readonly [S in RequestState]: string } = {
  awaiting_requester: 'waits for the requester',
  awaiting_approvers: 'waits for approvers',
  approved: 'is approved',
  claimed: 'has been used',
  lapsed: 'ran out of time',
  cancelled: 'was cancelled',
  voided: 'was made void by a change',
  denied: 'was denied',
}

const KIND: { readonly [A in Accept]: string } = {
  any: 'any passkey',
  device_bound: 'one that stays in one place and is not copied between devices',
  hardware: 'a security key of a listed model, whose maker is proved',
}

const CHANGE: { readonly [M in ChangeMisfit]: string } = {
  signed_by_subject: 'Nobody signs for a key of his own or for a role of his own here: other administrators have to.',
  signed_twice: 'You have signed this already. Now another administrator has to.',
  not_the_owner: 'Only the owner of these keys can sign this, with one of his own.',
  last_administrator: 'Then nobody could sign the next change. Make somebody else an administrator first.',
  root_is_administrator: 'This person’s key is pinned on the issuer’s host. Only new roots, made there, take the role away.',
  passkey_missing: 'This person has no key that may serve the role. Tick one whose words you compared.',
  passkey_inactive: 'A key that signed this has been suspended or revoked since. Withdraw the change, then sign it anew.',
  no_effect: 'That is so already: there is nothing to change.',
  revoked_for_good: 'A revoked key never comes back. Register a new one.',
}

const MOVED: { readonly [O in Move['operation']]: string } = {
  enrol: 'enrolled keys',
  add: 'added a key',
  suspend: 'suspended keys',
  reinstate: 'reinstated keys',
  revoke: 'revoked keys',
  role: 'changed a role',
  endorse: 'signed for the rules',
  provider: 'signed about the provider',
  recover: 'signed a recovery',
}

function movedWords(moves: readonly Move[]): string {
  if (moves.length === 0) return 'The directory was changed in the meantime.'
  const said = moves.map(
    ({ signers, operation }) =>
      `${signers.length === 0 ? 'a sign-in at the provider' : signers.join(' and ')} ${MOVED[operation]}`,
  )
  return `The directory was changed in the meantime: ${said.join('; ')}.`
}

/** What a request's state is called in a sentence: "This request …". */
export const stateWords = (state: RequestState): string => STATE[state]

/** The sentence for a refusal. */
export function refusalWords(refusal: Refusal): string {
  switch (refusal.reason) {
    case 'unknown_person':
      return 'You are not in the directory of this Countersign. Ask an administrator to add you.'
    case 'unknown_action':
      return refusal.nearest
        ? `There is no action “${refusal.action}”. Did you mean “${refusal.nearest}”?`
        : `There is no action “${refusal.action}”. Leave the name out to choose from a list.`
    case 'bad_parameter':
      return `${refusal.parameter}: ${refusal.problem}`
    case 'bad_reason':
      return `Reason: ${refusal.problem}`
    case 'bad_lease':
      return `That is longer than this action allows: at most ${durationWords(refusal.maximumSeconds)}.`
    case 'not_eligible_to_ask':
      return `Only members of ${list(refusal.groups)} may ask for this. You are not one of them.`
    case 'derived_differently':
      return `This request does not say what its runbook says (${refusal.path}). Ask again.`
    case 'times_too_long':
      return 'This request gives itself more time than is allowed. Ask again.'
    case 'too_many_open':
      return `You have ${refusal.most} requests open already. Cancel one that you no longer need, or wait until one is decided.`
    case 'too_many_statements':
      return `This request holds ${refusal.most} such signatures already, and takes no more but a denial. Ask again if you need it in another place.`
    case 'unknown_request':
      return 'There is no such request.'
    case 'not_ready':
      return 'This request is still being checked. Try again in a second.'
    case 'request_ended':
      return `This request ${STATE[refusal.state]}. Ask again if you still need it.`
    case 'too_late':
      return `The time for this ended at ${timeWords(refusal.at)}. Ask again if you still need it.`
    case 'not_yet':
      return `This is possible only after ${timeWords(refusal.at)}.`
    case 'not_confirmed':
      return 'The requester has not confirmed this with a key yet. Nobody needs to decide before that.'
    case 'not_approved':
      return `This request ${STATE[refusal.state]}: there is nothing to claim yet.`
    case 'already_claimed':
      return 'This request has already been used. An early end is possible, another decision is not.'
    case 'held':
      return `${refusal.by} objected. Nothing can be claimed until the objection is lifted or an approver signs after it.`
    case 'not_yours':
      return 'Only the person who asked can do that.'
    case 'not_eligible_to_object':
      return 'Only people who may approve this, and administrators, can object.'
    case 'not_your_objection':
      return 'Only the person who objected can lift the objection.'
    case 'no_grant':
      return 'Nothing has been issued for this request, so there is nothing to end.'
    case 'no_receipt':
      if (refusal.why === 'era_over')
        return 'This was signed under roots that have been replaced, and they are not kept here. Whoever runs Countersign has them: trust-roots.era-….json belongs beside trust-roots.json.'
      return refusal.why === 'not_issued'
        ? 'No such credential has been issued for this request, so there is no receipt of it.'
        : 'The receipt of this request does not verify here. It is in the log: tell whoever runs Countersign.'
    case 'malformed':
      return 'This message is not in the form that is signed here. Reload the page and try again.'
    case 'foreign_realm':
      return 'This was signed for another Countersign.'
    case 'nonce_stale':
      return 'You took longer than five minutes. Nothing was recorded; press the button again.'
    case 'nonce_used':
      return 'This confirmation was used already. Nothing was recorded twice.'
    case 'nonce_forged':
      return 'This confirmation was not begun here. Reload the page and try again.'
    case 'unknown_passkey':
      return 'This key is not enrolled for you here. Use an enrolled key, or register this one first.'
    case 'passkey_inactive':
      return `This key is ${refusal.status}. Use another of your keys, or ask an administrator.`
    case 'assertion_refused':
      return 'The signature of this key does not stand for this page and this request. Nothing was recorded.'
    case 'self_approval':
      return 'You asked for this yourself, so you cannot approve it. Somebody else has to.'
    case 'not_an_approver':
      return `Only members of ${list(refusal.groups)} decide about this. You are not one of them.`
    case 'already_decided':
      return refusal.decision === 'approve'
        ? 'You have approved this already, and a decision is taken once. To stop it, object; once it is used, revoke it on its page.'
        : 'You have denied this already, and a decision is taken once. If it is right after all, it has to be asked again.'
    case 'no_approver_role':
      return 'The signed directory does not name you as an approver yet: two administrators have to sign for that. You can deny.'
    case 'passkey_not_in_full':
      return 'One administrator alone let this key in, or none. To approve with it, two administrators have to sign for it. You can deny.'
    case 'passkey_not_accepted':
      return `The role of ${refusal.role} needs another key than this: ${KIND[refusal.accept]}.`
    case 'passkey_cooling_down':
      return `This key serves you as an approver only since a short while. It may approve from ${dateWords(refusal.at)}. You can deny now, or use one that has served longer.`
    case 'too_few_passkeys':
      return `Approvers need ${refusal.needed} keys here, so that a lost one locks nobody out; you have ${refusal.have} that can approve. Add another under /keys. You can deny.`
    case 'gained_too_recently':
      return `The rules name you for this only since a short while. You may approve from ${dateWords(refusal.at)}, or two administrators sign for these rules. You can deny.`
    case 'evidence_refused':
      return `The signatures do not add up to a grant (${refusal.check}). Nothing was issued.`
    case 'changed_since':
      return `${refusal.what} changed since this was asked, so the approvals no longer say what would happen. Ask again.`
    case 'not_an_administrator':
      return 'Only an administrator’s key can sign this.'
    case 'already_enrolled':
      return 'This key is already enrolled.'
    case 'too_many_keys':
      return `You have ${refusal.most} keys already. Revoke one that you no longer use, then add this one.`
    case 'too_many_added':
      return `No more than ${refusal.most} keys of yours come in within a day if you add them. You can add the next from ${dateWords(refusal.at)}, or ask an administrator to enrol it.`
    case 'key_not_accepted':
      return misfitWords(refusal.why, refusal.accept, refusal.models)
    case 'unknown_registration':
      return 'No such key waits for enrolment.'
    case 'only_administrators':
      return onlyAdministratorsWords(refusal.why)
    case 'provider_refused':
      return providerWords(refusal.check, refusal.provider)
    case 'directory_moved':
      return `${movedWords(refusal.by ?? [])} Look again, then sign.`
    case 'change_waits':
      return `A change that ${refusal.by} signed waits for a second administrator. Sign or withdraw that one first.`
    case 'change_refused':
      return CHANGE[refusal.why]
    case 'nothing_to_recover':
      return 'The database is not behind what this issuer has seen: there is nothing to recover.'
    case 'recovery_differs':
      return 'This does not name exactly what was lost. Load the page again, look, then sign.'
    case 'passkey_held':
      return `A key of ${refusal.person} is held, because its owner said that a change about it was somebody else’s doing. Until that is settled it signs nothing and counts for nothing.`
    case 'unknown_change':
      return 'There is no such change of the directory.'
    case 'change_too_old':
      return `That change is more than ${refusal.days} days old. Ask an administrator, who can suspend a key at any time.`
    case 'no_key_of_yours':
      return 'That change gave or used no key of yours that works, so there is nothing to hold.'
    case 'already_held':
      return 'You have said so already. What was held by it is held, or was released since.'
    case 'not_held':
      return 'This key is not held.'
    case 'key_too_new':
      return 'Only a key that you had before that change can release another. Ask an administrator.'
    case 'key_too_weak':
      return 'Less is known of this key than of the one that is held, so it cannot speak for it. Take a better one, or ask an administrator.'
    case 'key_in_doubt':
      return 'Somebody said that a change about this key was not its owner’s doing. Until that is settled it signs changes of the directory and ends access; it asks for nothing and approves nothing. Ask another administrator.'
    case 'administrator_needed':
      return 'Administrators could not go without this key, so it still signs changes of the directory and ends access, though it asks for nothing and approves nothing. They are told at once. Reach one by another way than Slack, and have it suspended.'
    case 'foreign_holder_key':
      return 'The requester did not name this place when confirming. Confirm once more from here.'
    case 'claim_signature':
      return 'This claim is not signed by the key of the place it names.'
    case 'claim_differs':
      return `Credential ${refusal.number} was claimed already, with other keys. It is not given out twice.`
    case 'claim_out_of_turn':
      return `The next credential of this request has number ${refusal.expected}.`
    case 'confirmation_too_old':
      return `Your confirmation is older than ${durationWords(refusal.freshnessSeconds)}. Tap your key once more.`
    case 'grant_ended':
      return `This access has ended (${refusal.state}).`
    case 'still_issuing':
      return 'The credential is being made. Try again in a second.'
    case 'issue_failed':
      return 'The credential could not be made. Nothing was handed out. Ask again, and tell whoever runs Countersign.'
    case 'minting_stopped':
      return `Nothing is issued at the moment: ${refusal.why}. Tell whoever runs Countersign.`
    case 'unknown_view':
      return 'This link leads nowhere (any more). Open the newest message about the request.'
    case 'unknown_offer':
      return 'No terminal waits with this code. Codes last five minutes.'
    case 'signed_out':
      return 'Sign in with your key first.'
    case 'not_permitted':
      return `This is for ${refusal.role} only.`
  }
}
