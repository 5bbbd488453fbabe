// The table of credential kinds. A new kind is one file and one line here; the contract test runs over every row.

import { jwt } from './jwt.ts'
import type { CredentialKind } from './kind.ts'

export const credentialKinds: ReadonlyMap<string, CredentialKind> = new Map([jwt].map((kind) => [kind.kind, kind]))
