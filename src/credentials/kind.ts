// What a credential kind is: a row of the table in index.ts. Each kind brings its own closed schemas, and they type its own functions; nothing
// below the table switches on the name of a kind. A kind gives plain words to the page, mints from what evidence proved, and says honestly what
// an early end can do. It never decides whether to mint: who calls `mint` has verified the evidence (DESIGN sections 2 and 3).

import type { z } from 'zod'
import { sha256 } from '../crypto.ts'
import { encodeBase64url } from '../domain/base64url.ts'
import type { Material } from '../domain/claim.ts'
import { type Digest, idFrom, type PersonId } from '../domain/ids.ts'
import type { Right } from '../domain/intent.ts'
import { credentialIdBytes } from '../domain/issued.ts'
import type { Signer } from './jws.ts'

export type OpenedValue = string | number | readonly OpenedValue[] | { readonly [member: string]: OpenedValue }
/** A right in which every commitment has been replaced by the value it binds, checked against it by the caller. */
export type OpenedRight = Omit<Right, 'grants'> & { readonly grants: { readonly [member: string]: OpenedValue } }

/** Everything a credential may say, taken from verified evidence. Times are whole seconds on the issuer's clock. */
export type MintInput = {
  readonly id: string
  readonly realm: string
  /** The issuer's origin. */
  readonly issuer: string
  readonly intent: Digest
  readonly request: string
  readonly runbook: string
  readonly action: string
  readonly right: OpenedRight
  /** The requester, when his own assertion was accepted, and whether that passkey stays on one device. */
  readonly requester: { readonly id: PersonId; readonly confirmedAt: number; readonly deviceBound: boolean }
  readonly approvals: readonly { readonly person: PersonId; readonly at: number }[]
  readonly issuedAt: number
  /** The absolute end of the lease. */
  readonly endsAt: number
  readonly material: Material
}

/** The credential in plain text, to be sealed at once and never stored, and what we keep of it. */
export type Minted = { readonly credential: string; readonly fingerprint: Digest }

/** How the page tells a person to use it. `command` is one shell line; CREDENTIAL_PLACE stands where the credential goes. */
export type HowTo = {
  readonly header: { readonly name: string; readonly prefix: string }
  readonly command: string | undefined
}
export const CREDENTIAL_PLACE = '{credential}'

/** A credential that ended before its time. The issuer's origin, and when it ended, in whole seconds on the issuer's clock. */
export type Ended = {
  readonly id: string
  readonly issuer: string
  readonly request: string
  readonly endedAt: number
  /** In the words of CAEP: the requester gave it back, somebody with that power revoked it, or a rule did. */
  readonly initiator: 'user' | 'admin' | 'policy'
}
/** What asking a target once came to. `why` is a closed list, so that an entry of the log may say it. */
export type Asked =
  | { readonly recall: 'confirmed' }
  | {
      readonly recall: 'pending'
      readonly why: 'unreachable' | 'timed_out' | 'redirected' | 'refused'
      readonly status?: number | undefined
      /** The error code of the target's answer. */
      readonly said?: string | undefined
    }

export type RightProblem = { readonly path: string; readonly problem: string }

/** A row of the table: what everybody else sees of a kind. */
export type CredentialKind = {
  readonly kind: string
  /** Which material a claim must bring. */
  readonly material: Material['kind']
  /** Settings of a target in `directory.yaml`. */
  readonly settings: z.ZodType
  /** What an action's template may say, `{parameter}` included. */
  readonly grants: z.ZodType
  /** Whom a credential of this target convinces. None of our own names may be among them. */
  readonly audiences: (settings: Right['settings']) => readonly string[]
  /** Why an opened right cannot be minted, if so: asked before anyone signs, so that nobody signs in vain. */
  readonly misfit: (right: OpenedRight) => RightProblem | undefined
  readonly describe: (right: OpenedRight) => readonly string[]
  /** Mints. The same input gives a credential of the same id, and the same bytes where the algorithm allows. */
  readonly mint: (signer: Signer, input: MintInput) => Promise<Minted>
  /** Whether the target can be asked to end a credential before its time. Where it cannot, an early end says so at once. */
  readonly recallable: (right: Right) => boolean
  /** Asks the target once to end a credential; only of a right that is recallable. Idempotent, bounded in time, and never throws for the target's sake. */
  readonly end: (signer: Signer, right: Right, ended: Ended, signal: AbortSignal) => Promise<Asked>
  readonly howTo: (right: OpenedRight) => HowTo
}

type Definition<S, G> = Omit<
  CredentialKind,
  'settings' | 'audiences' | 'misfit' | 'describe' | 'mint' | 'recallable' | 'end' | 'howTo'
> & {
  readonly settings: z.ZodType<S>
  /** The template's schema again, for values: after parameters have been put in. */
  readonly opened: z.ZodType<G>
  readonly audiences: (settings: S) => readonly string[]
  readonly describe: (settings: S, grants: G) => readonly string[]
  readonly mint: (signer: Signer, input: MintInput, settings: S, grants: G) => Promise<string>
  readonly recallable: (settings: S) => boolean
  readonly end: (signer: Signer, settings: S, ended: Ended, signal: AbortSignal) => Promise<Asked>
  readonly howTo: (settings: S, grants: G) => HowTo
}

/** Makes a row of the table from a kind whose schemas type its functions. */
export function credentialKind<S, G>(definition: Definition<S, G>): CredentialKind {
  const { settings, opened, audiences, describe, mint, recallable, end, howTo, ...row } = definition
  const open = (right: OpenedRight): { settings: S; grants: G } => ({
    settings: settings.parse(right.settings),
    grants: opened.parse(right.grants),
  })
  return {
    ...row,
    settings,
    audiences: (given) => audiences(settings.parse(given)),
    misfit: (right) => {
      if (right.kind !== row.kind) return { path: '/kind', problem: `is not ${row.kind}` }
      return firstIssue('/settings', settings, right.settings) ?? firstIssue('/grants', opened, right.grants)
    },
    describe: (right) => {
      const { settings, grants } = open(right)
      return describe(settings, grants)
    },
    mint: async (signer, input) => {
      if (input.right.kind !== row.kind) throw new TypeError(`kind ${row.kind} cannot mint a right of kind ${input.right.kind}`)
      if (input.material.kind !== row.material) throw new TypeError(`kind ${row.kind} needs material of kind ${row.material}`)
      if (input.endsAt <= input.issuedAt) throw new TypeError('the lease ends before the credential begins')
      const { settings, grants } = open(input.right)
      const credential = await mint(signer, input, settings, grants)
      return { credential, fingerprint: fingerprint(credential) }
    },
    recallable: (right) => recallable(settings.parse(right.settings)),
    end: (signer, right, ended, signal) => end(signer, settings.parse(right.settings), ended, signal),
    howTo: (right) => {
      const { settings, grants } = open(right)
      return howTo(settings, grants)
    },
  }
}

/** The id of credential `number` of an intent: jti, serial and role name all derive from it, so that a repeated claim names the same one. */
export const credentialId = (intent: Digest, number: number): string => idFrom(sha256(credentialIdBytes(intent, number)))

/** What we keep of a credential: SHA-256 of its text in base64url. */
export const fingerprint = (credential: string): Digest => encodeBase64url(sha256(new TextEncoder().encode(credential)))

function firstIssue(at: string, schema: z.ZodType, value: unknown): RightProblem | undefined {
  const issue = schema.safeParse(value).error?.issues[0]
  return issue && { path: [at, ...issue.path.map(String)].join('/'), problem: issue.message }
}
