// A complete true world in memory: roots, a directory that enrolled four people, a rule set, an intent and signed statements over
// it. Every part can be replaced by a bent one, so that a test says only what is wrong. Times are literals; each accepted
// statement lies a minute after the one before.

import { createHash, generateKeyPairSync } from 'node:crypto'
import { commit, digestOf, newId } from '../../src/crypto.ts'
import type { Action, RuleSet } from '../../src/domain/action.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import { type DirectoryChange, headBytes, type Role, type TrustRoots } from '../../src/domain/directory.ts'
import type { Intent } from '../../src/domain/intent.ts'
import type { P256Key } from '../../src/domain/keys.ts'
import type { Holder } from '../../src/domain/statement.ts'
import type { DirectoryLink, SignedStatement } from '../../src/evidence/bundle.ts'
import type { Question } from '../../src/evidence/verify-evidence.ts'
import { KEYS } from '../../src/runbooks/check-directory.ts'
import type { Twist } from '../../src/sandbox/authenticator.ts'
import { newKey, newNonce, SITE, sign, type TestKey } from './authenticator.ts'
import { publicKey } from './p256.ts'

export const NOON = Date.UTC(2026, 10, 22, 12)
export const minutes = (count: number): number => NOON + count * 60_000
export const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** Operation and members of a change; its place in the chain is filled in unless given. */
export type Change = { readonly operation: DirectoryChange['operation'] } & { readonly [member: string]: Canonical }
export type Orders = {
  readonly by: readonly TestKey[]
  readonly registrations?: DirectoryLink['registrations']
  readonly order?: { readonly [member: string]: Canonical }
  readonly twist?: Twist
  /** When the issuer took it, in ms. */
  readonly at?: number
  readonly vouch?: DirectoryLink['vouch']
}

/** The register statement of a new key and its digest. */
export function register(realm: string, key: TestKey, bent: { readonly [member: string]: Canonical } = {}, twist: Twist = {}) {
  const { id, key: publicKey } = key.passkey
  const statement = { v: 1, realm, kind: 'register', role: 'owner', decision: 'register', nonce: newNonce() }
  const signed = sign(key, 'register', { ...statement, signer: key.signer, id, key: publicKey, ...bent }, twist)
  return { signed, digest: digestOf('statement/register', Buffer.from(signed.statement, 'base64url')) }
}

/** The head after a link. */
export const headOf = ({ change, accepted_at }: DirectoryLink): string =>
  createHash('sha256')
    .update(headBytes(digestOf('directory', Buffer.from(change, 'base64url')), accepted_at))
    .digest('base64url')

/** A directory being written: `link` makes the next link, `add` also goes on from it. */
export function makeDirectory(roots: TrustRoots) {
  const heads = [digestOf('roots', canonicalBytes(roots))]
  const links: DirectoryLink[] = []
  const link = (
    change: Change,
    { by, registrations = [], order = {}, twist = {}, at = minutes(0), vouch }: Orders,
  ): DirectoryLink => {
    const sequence = heads.length
    const bytes = canonicalBytes({ v: 1, realm: roots.realm, sequence, previous: heads.at(-1) ?? '', ...change })
    const statement = { v: 1, realm: roots.realm, kind: 'directory', role: 'administrator', decision: 'change' }
    const statements = by.map((key) =>
      sign(
        key,
        'directory',
        { ...statement, nonce: newNonce(), signer: key.signer, change: digestOf('directory', bytes), ...order },
        twist,
      ),
    )
    return { change: base64url(bytes), statements, registrations, accepted_at: at, ...(vouch && { vouch }) }
  }
  /** Goes on from a link that was made before. */
  const take = (made: DirectoryLink): DirectoryLink => {
    links.push(made)
    heads.push(headOf(made))
    return made
  }
  const add = (change: Change, orders: Orders): DirectoryLink => take(link(change, orders))
  /** Enrols keys by an administrator, each with its own registration. */
  const enrolment = (
    keys: readonly TestKey[],
    roles: Role[] = [],
  ): { change: Change; registrations: DirectoryLink['registrations'] } => {
    const proofs = keys.map((key) => ({ passkey: key.passkey, ...register(roots.realm, key) }))
    const passkeys = proofs.map(({ passkey, digest }) => ({ passkey, registration: digest, roles }))
    return { change: { operation: 'enrol', passkeys }, registrations: proofs.map(({ signed }) => signed) }
  }
  const enrol = (keys: readonly TestKey[], by: TestKey, roles?: Role[], at?: number): DirectoryLink => {
    const { change, registrations } = enrolment(keys, roles)
    return add(change, { by: [by], registrations, ...(at !== undefined && { at }) })
  }
  /** A further key, which its owner adds with one that he has. */
  const addOwn = (owner: TestKey, key: TestKey, at = minutes(0)): DirectoryLink => {
    const { signed, digest } = register(roots.realm, key)
    const change: Change = { operation: 'add', passkey: key.passkey, registration: digest }
    return add(change, { by: [owner], registrations: [signed], order: { role: 'owner' }, at })
  }
  return {
    heads,
    links,
    link,
    take,
    add,
    enrol,
    enrolment,
    addOwn,
    position: () => ({ sequence: links.length, head: heads.at(-1) ?? '' }),
  }
}

/** The issuer's log key of every realm made here. */
export const LOG_KEY = generateKeyPairSync('ed25519')

/** Roots of a new realm with one administrator's key. */
export function makeRoots(root: TestKey, bent: Partial<TrustRoots> = {}): TrustRoots {
  const { x = '' } = LOG_KEY.publicKey.export({ format: 'jwk' })
  return {
    v: 1,
    realm: `sandbox:${newId()}`,
    era: 1,
    issuer: SITE.origin,
    rp_id: SITE.rpId,
    pinned_at: NOON / 1000 - 86_400,
    roots: [root.passkey],
    log_key: { kty: 'OKP', crv: 'Ed25519', x },
    ...bent,
  }
}

const newP256 = (): P256Key => publicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)
export const newHolder = (): Holder => ({ sign: newP256(), encrypt: newP256() })

export const ACTION: Action = {
  runbook: 'orders-db',
  name: 'restart',
  title: 'Restart the orders database',
  text: 'Restarts one service. Sessions are lost.',
  parameters: [],
  credential: { kind: 'jwt', target: 'control', grants: { scope: 'service:restart' } },
  lease: { default_seconds: 900, maximum_seconds: 3600 },
  freshness_seconds: 900,
  rules: {
    requesters: ['oncall'],
    approvals: [
      { group: 'dba', count: 1 },
      { group: 'security', count: 1 },
    ],
  },
}

export const RULES: RuleSet = {
  v: 1,
  offers: [{ action: ACTION, channel: '#ops' }],
  targets: [{ name: 'control', kind: 'jwt', settings: { audience: 'https://control.example' } }],
  people: ['ada', 'ana', 'bo', 'cy', 'dee'].map((id) => ({ id, name: id, slack: [] })),
  groups: { oncall: ['ana'], dba: ['bo', 'cy'], security: ['dee', 'cy'] },
  administrators: ['ada'],
  auditors: [],
  keys: KEYS,
  gained: [],
}

export type Bent = {
  readonly statement?: { readonly [member: string]: Canonical }
  readonly twist?: Twist
  readonly recorded?: Partial<SignedStatement>
}

/** One world in which ana asks, bo and cy are database administrators, cy and dee stand for security, and ada administers. */
export function makeWorld({
  rules = RULES,
  intent: bent = {} as Partial<Intent>,
  pinnedAt = minutes(-1440),
  enrolledAt = minutes(-1),
  bo = newKey('bo'),
} = {}) {
  const keys = { ada: newKey('ada'), ana: newKey('ana'), bo, cy: newKey('cy'), dee: newKey('dee') }
  const roots = makeRoots(keys.ada, { pinned_at: pinnedAt / 1000 })
  const directory = makeDirectory(roots)
  directory.enrol([keys.ana], keys.ada, [], enrolledAt)
  directory.enrol([keys.bo, keys.cy, keys.dee], keys.ada, ['approver'], enrolledAt)

  const action = rules.offers[0]?.action ?? ACTION
  const seconds = NOON / 1000
  const intent: Intent = {
    v: 1,
    realm: roots.realm,
    id: newId(),
    mode: 'normal',
    requester: { kind: 'person', id: 'ana' },
    runbook: action.runbook,
    action: action.name,
    action_digest: digestOf('action', canonicalBytes(action)),
    parameters: {},
    right: {
      kind: 'jwt',
      target: 'control',
      settings: { audience: 'https://control.example' },
      grants: { scope: 'service:restart' },
    },
    reason: commit('The disk is full').commitment,
    lease_seconds: 900,
    confirm_by: seconds + 600,
    decide_by: seconds + 4200,
    claim_by: seconds + 6000,
    ends_no_later_than: seconds + 6900,
    rules_digest: digestOf('rules', canonicalBytes(action.rules)),
    ...bent,
  }
  const intentBytes = canonicalBytes(intent)
  const intentDigest = digestOf('intent', intentBytes)
  const ruleSetBytes = (set: RuleSet) => base64url(canonicalBytes(set))
  const ruleSetDigest = (set: RuleSet) => digestOf('ruleSet', canonicalBytes(set))

  const accept = (
    key: TestKey,
    kind: 'request' | 'decide' | 'revoke',
    members: { readonly [member: string]: Canonical },
    at: number,
    by: Bent,
  ) => {
    const statement = {
      v: 1,
      realm: roots.realm,
      kind,
      nonce: newNonce(),
      signer: key.signer,
      intents: [intentDigest],
      ...members,
    }
    const recorded = { accepted_at: at, rule_set: ruleSetDigest(rules), directory: directory.position() }
    return {
      ...sign(key, kind, { ...statement, ...by.statement }, by.twist),
      ...recorded,
      ...by.recorded,
    } satisfies SignedStatement
  }
  const request = (key = keys.ana, at = minutes(1), by: Bent = {}) =>
    accept(key, 'request', { role: 'requester', decision: 'confirm', holder: newHolder() }, at, by)
  const approve = (key: TestKey, at = minutes(2), by: Bent = {}) =>
    accept(key, 'decide', { role: 'approver', decision: 'approve' }, at, by)
  const deny = (key: TestKey, at = minutes(2), by: Bent = {}) =>
    accept(key, 'decide', { role: 'approver', decision: 'deny' }, at, by)
  const revoke = (key: TestKey, role: string, at = minutes(5), by: Bent = {}) =>
    accept(key, 'revoke', { role, decision: 'revoke' }, at, by)

  /** The question whether these statements give a grant; without any, the true ones: asked by ana, approved by bo and dee. */
  const question = (
    statements: readonly SignedStatement[] = [request(), approve(keys.bo), approve(keys.dee, minutes(3))],
    over: Partial<Question> & { readonly bundle?: { readonly [member: string]: unknown }; readonly rulesNow?: RuleSet } = {},
  ): Question => {
    const { bundle, rulesNow = rules, ...rest } = over
    const ruleSets = [...new Set([ruleSetBytes(rules), ruleSetBytes(rulesNow)])]
    const whole = { v: 1, intent: base64url(intentBytes), statements, directory: directory.links, rule_sets: ruleSets, ...bundle }
    return { roots, ruleSet: ruleSetDigest(rulesNow), now: minutes(4), purpose: 'claim', ...rest, bundle: whole }
  }
  return {
    keys,
    roots,
    directory,
    rules,
    intent,
    intentDigest,
    accept,
    request,
    approve,
    deny,
    revoke,
    question,
    ruleSetBytes,
    ruleSetDigest,
  }
}
export type World = ReturnType<typeof makeWorld>
