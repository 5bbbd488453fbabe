// The opaque handle by which authenticators know a person (WebAuthn L3 section 5.4.3).

import { sha256 } from '../crypto.ts'
import { canonicalBytes } from '../domain/canonical.ts'
import type { PersonId } from '../domain/ids.ts'
import { tagged } from '../domain/tags.ts'

/** 32 bytes that say nothing about who it is, different in each realm. */
export const userHandle = (realm: string, person: PersonId): Uint8Array<ArrayBuffer> =>
  new Uint8Array(sha256(tagged('userHandle', canonicalBytes({ realm, person }))))
