// What every route of the issuer is given: the context of commands, the origin, what pages need, the session cookie.

import type { IssuerContext } from '../commands/context.ts'
import type { Rounds } from './oidc/rounds.ts'
import type { Site } from './pages/frame.ts'
import type { SessionCookie } from './session-cookie.ts'

export type Edge = {
  readonly ctx: IssuerContext
  readonly origin: string
  readonly site: Site
  readonly cookie: SessionCookie
  /** Sign-ins at the organisation's provider, where one is configured. */
  readonly rounds?: Rounds | undefined
}
