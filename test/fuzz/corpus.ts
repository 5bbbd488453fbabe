// The true inputs as they were written once (write-corpus.ts): what is bent must be the same in every run of a seed.

import type { RuleSet } from '../../src/domain/action.ts'
import type { AttestationModel } from '../../src/domain/attestation.ts'
import type { TrustRoots } from '../../src/domain/directory.ts'
import type { Intent } from '../../src/domain/intent.ts'
import type { Issued } from '../../src/domain/issued.ts'
import type { DirectoryLink } from '../../src/evidence/bundle.ts'
import type { Receipt } from '../../src/evidence/receipt.ts'
import type { AssertionAsk } from '../../src/passkeys/ceremony.ts'

export type Corpus = {
  /** When its certificates were valid, in ms. */
  readonly now: number
  readonly rules: RuleSet
  readonly roots: TrustRoots
  readonly intent: Intent
  readonly receipt: Receipt
  readonly word: Issued
  /** A directory, and true links that would each continue it. */
  readonly office: {
    readonly roots: TrustRoots
    readonly chain: readonly DirectoryLink[]
    readonly links: readonly DirectoryLink[]
  }
  readonly answers: readonly { readonly enrolled: AssertionAsk['passkey']; readonly response: object }[]
  readonly plain: readonly object[]
  readonly attested: readonly object[]
  readonly model: AttestationModel
  readonly certificates: readonly string[]
}

export const CORPUS_PLACE = new URL('vectors/corpus.json', import.meta.url)
