// What the handlers of Slack's deliveries share.

import type { WebClient } from '@slack/web-api'
import type { Logger } from 'pino'
import type { BotContext } from '../../commands/context.ts'
import type { Gate } from './gate.ts'
import type { No } from './say-no.ts'

export type SlackSide = {
  readonly ctx: BotContext
  readonly gate: Gate
  readonly teamIds: readonly string[]
  readonly issuerUrl: string
  readonly publicUrl: string
  /** Says no, in every form that Slack has for it. */
  readonly no: No
  /** For what a person waits for: no retries, two seconds. */
  readonly client: WebClient
  readonly log: Logger
}
