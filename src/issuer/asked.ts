// What is asked for in one request, as a person reads it before he signs: out of the stored canonical bytes of its intent and out of openings that
// were checked against its commitments, never out of columns beside them. Whether personal values are told is for the caller to say.

import { provenValues } from '../commands/open-intent.ts'
import { credentialKinds } from '../credentials/index.ts'
import type { HowTo } from '../credentials/kind.ts'
import { digestOf } from '../crypto.ts'
import type { KnownRequest } from '../db/requests.ts'
import { type Action, findOffer, type RuleSet } from '../domain/action.ts'
import { canonicalBytes } from '../domain/canonical.ts'
import { isCommitment, type Opening } from '../domain/commitment.ts'
import { checkCode } from '../domain/ids.ts'
import { type Intent, readIntent } from '../domain/intent.ts'
import { openRight } from '../runbooks/resolve.ts'

export type Named = { readonly id: string; readonly name: string }
/** A value that may be personal: as it is, kept from whoever looks now, or no longer there. */
export type Told = { readonly is: 'told'; readonly value: string | number } | { readonly is: 'hidden' } | { readonly is: 'gone' }

export type Asked = {
  readonly request: string
  readonly intent: Intent
  readonly digest: string
  readonly checkCode: string
  readonly askedAt: Date
  readonly requester: Named
  /** The action of the digest that the intent names, with its text; undefined when no published set holds it any more. */
  readonly action: Action | undefined
  readonly parameters: readonly { readonly name: string; readonly label: string; readonly help: string; readonly value: Told }[]
  readonly reason: Told
  readonly right: readonly string[]
  readonly howTo: HowTo | undefined
}

/** The intent of an adopted request, which was read before it was adopted. */
export function intentOf({ request }: KnownRequest): Intent {
  const found = readIntent(request.intent)
  if (!found.ok) throw new TypeError(`the adopted intent of ${request.id} at ${found.path} ${found.problem}`)
  return found.value
}

/** Reads one request for somebody to whom personal values are told or not. */
export function readAsked(
  known: KnownRequest,
  action: Action | undefined,
  openings: ReadonlyMap<string, Opening>,
  name: (id: string) => Named,
  tells: boolean,
): Asked {
  const { request, state } = known
  const intent = intentOf(known)
  const values = provenValues(openings)
  const tell = (of: Intent['reason'] | string | number): Told => {
    if (!isCommitment(of)) return { is: 'told', value: of }
    const value = values.get(of.commitment)
    return value === undefined ? { is: 'gone' } : tells ? { is: 'told', value } : { is: 'hidden' }
  }
  const order = action?.parameters.map((parameter) => parameter.name) ?? Object.keys(intent.parameters)
  return {
    request: request.id,
    intent,
    digest: state.intent_digest,
    checkCode: checkCode(state.intent_digest),
    askedAt: state.first_seen_at,
    requester: name(request.requester),
    action,
    parameters: order.map((each) => {
      const { label = each, help = '' } = action?.parameters.find((parameter) => parameter.name === each) ?? {}
      return { name: each, label, help, value: tell(intent.parameters[each] ?? { commitment: '' }) }
    }),
    reason: tell(intent.reason),
    ...wordsOfRight(intent, tells ? values : new Map()),
  }
}

/** Names of people by the directory in force. */
export const naming =
  (set: RuleSet) =>
  (id: string): Named => ({ id, name: set.people.find((person) => person.id === id)?.name ?? id })

/** The action of a set that an intent asked for: by name, and with the very digest that the intent names. */
export function actionIn(set: RuleSet, intent: Intent): Action | undefined {
  const action = findOffer(set, `${intent.runbook}.${intent.action}`)?.action
  return action && digestOf('action', canonicalBytes(action)) === intent.action_digest ? action : undefined
}

/** The right in the words of its kind. What is hidden or gone stands there as such, in a spelling that every kind's schema takes for a value. */
function wordsOfRight(intent: Intent, values: ReadonlyMap<string, string | number>): Pick<Asked, 'right' | 'howTo'> {
  const opened = openRight(intent.right, values)
  const veiled = opened.ok ? opened : openRight(opened.right, new Map(opened.unopened.map((digest) => [digest, 'hidden'])))
  const kind = credentialKinds.get(intent.right.kind)
  if (!kind || !veiled.ok || kind.misfit(veiled.right))
    return { right: [`A credential of kind ${intent.right.kind} for ${intent.right.target}.`], howTo: undefined }
  return { right: kind.describe(veiled.right), howTo: opened.ok ? kind.howTo(opened.right) : undefined }
}
