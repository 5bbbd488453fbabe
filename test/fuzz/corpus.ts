// The true inputs as they were written once (write-corpus.ts): what is bent must be the same in every run of a seed.

import { readFileSync } from 'node:fs'
import type { RuleSet } from '../../src/domain/action.ts'
import type { AttestationModel } from '../../src/domain/attestation.ts'
import type { TrustRoots } from '../../src/domain/directory.ts'
import type { Intent } from '../../src/domain/intent.ts'
import type { Issued } from '../../src/domain/issued.ts'
import type { DirectoryLink } from '../../src/evidence/bundle.ts'
import type { Receipt } from '../../src/evidence/receipt.ts'
import type { AssertionAsk } from '../../src/passkeys/ceremony.ts'
import type { AuthenticationJSON, RegistrationJSON, SoftPasskey } from '../../src/sandbox/authenticator.ts'

export type Corpus = {
  /** When its certificates were valid, in ms. */
  readonly now: number
  readonly rules: RuleSet
  readonly roots: TrustRoots
  readonly intent: Intent
  readonly receipt: Receipt
  readonly word: Issued
  /** The issuer's key of both realms (PKCS#8 in base64url): an issuer can be hostile to whoever reads its word. */
  readonly logKey: string
  /** A directory, and true links that would each continue it. */
  readonly office: {
    readonly roots: TrustRoots
    readonly chain: readonly DirectoryLink[]
    readonly links: readonly DirectoryLink[]
  }
  /** Answers with the keys that gave them: whoever holds one signs what it likes. */
  readonly answers: readonly {
    readonly passkey: SoftPasskey
    readonly enrolled: AssertionAsk['passkey']
    readonly response: AuthenticationJSON
  }[]
  readonly plain: readonly RegistrationJSON[]
  readonly attested: readonly RegistrationJSON[]
  readonly model: AttestationModel
  readonly certificates: readonly string[]
}

export const CORPUS_PLACE = new URL('vectors/corpus.json', import.meta.url)

/** The true inputs as they are kept. */
export const readCorpus = (): Corpus => JSON.parse(readFileSync(CORPUS_PLACE, 'utf8')) as Corpus
