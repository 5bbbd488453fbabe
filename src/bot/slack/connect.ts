// The ends that talk to Slack: Bolt with its client for what a person waits for, and a second client for the worker, so that a rate limit on messages never
// holds up a modal. Every choice here avoids a trap of the SDK: `authorize` and an allow-list instead of a bare token (which would run listeners for any
// workspace), no shared `headers` (the constructor writes the token into them), no absolute URLs (they would carry the token elsewhere), no retries
// inside (they last half an hour and are not ours), and a logger that takes only words, never what was sent.

import { App, type Logger as BoltLogger, LogLevel } from '@slack/bolt'
import { WebClient, type WebClientOptions } from '@slack/web-api'
import type { Logger } from 'pino'
import type { Watch } from '../../commands/context.ts'
import type { SlackReceiver } from './receiver.ts'

export type SlackSettings = {
  readonly botToken: string
  /** Newest first; two while the secret is exchanged. */
  readonly signingSecrets: readonly string[]
  /** Another place than slack.com, with its trailing `/api/`. */
  readonly apiUrl?: string | undefined
  /** The workspaces that are served; an empty list serves nobody. */
  readonly teamIds: readonly string[]
  /** Is told of every call how it went. */
  readonly heard?: ((method: string, outcome: SlackOutcome) => void) | undefined
}

export type SlackOutcome = Parameters<NonNullable<Watch['called']>>[1]

const INTERACTIVE_MS = 2000
const WORKER_MS = 10_000

function clientOptions(slack: SlackSettings, log: Logger, timeout: number): WebClientOptions {
  return {
    ...(slack.apiUrl !== undefined && { slackApiUrl: slack.apiUrl }),
    timeout,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: wordsOnly(log),
    fetch: async (url, init) => {
      const method = new URL(url).pathname.split('/').at(-1) ?? ''
      try {
        const answer = await fetch(url, init as RequestInit)
        slack.heard?.(method, await outcomeOf(answer.clone()))
        return answer
      } catch (error) {
        slack.heard?.(method, 'silent')
        throw error
      }
    },
  }
}

async function outcomeOf(answer: Response): Promise<SlackOutcome> {
  if (answer.status === 429) return 'limited'
  const body: unknown = answer.ok ? await answer.json().catch(() => undefined) : undefined
  if (typeof body !== 'object' || body === null || !('ok' in body)) return 'broken'
  return body.ok === true ? 'ok' : 'refused'
}

/** The worker's client. Rate limits come back as errors; waiting is the worker's business. */
export const workerClient = (slack: SlackSettings, log: Logger, timeout = WORKER_MS): WebClient =>
  new WebClient(slack.botToken, clientOptions(slack, log, timeout))

/** The client for what a person waits for. */
export const interactiveClient = (slack: SlackSettings, log: Logger): WebClient =>
  new WebClient(slack.botToken, clientOptions(slack, log, INTERACTIVE_MS))

/** Bolt around our receiver. Nothing is registered yet. */
export function createBolt(slack: SlackSettings, receiver: SlackReceiver, log: Logger): App {
  return new App({
    receiver,
    authorize: async ({ teamId }) => {
      if (teamId === undefined || !slack.teamIds.includes(teamId)) throw new Error('this workspace is not served')
      return { botToken: slack.botToken, teamId }
    },
    clientOptions: clientOptions(slack, log, INTERACTIVE_MS),
    convoStore: false,
    ignoreSelf: false,
    tokenVerificationEnabled: false,
    attachFunctionToken: false,
    logger: wordsOnly(log),
  })
}

/** The logger of Bolt and its clients: errors by name and message; objects, which may hold tokens or what people wrote, are left out. */
function wordsOnly(log: Logger): BoltLogger {
  const words = (args: readonly unknown[]): string =>
    args
      .map((arg) => (typeof arg === 'string' ? arg : arg instanceof Error ? `${arg.name}: ${arg.message}` : ''))
      .filter((word) => word !== '')
      .join(' ')
      .replaceAll(/xox[a-z]-[A-Za-z0-9-]+|xapp-[A-Za-z0-9-]+/g, '[token]')
  return {
    debug: () => undefined,
    info: (...args) => log.debug(words(args)),
    warn: (...args) => log.warn(words(args)),
    error: (...args) => log.error(words(args)),
    getLevel: () => LogLevel.INFO,
    setLevel: () => undefined,
    setName: () => undefined,
  }
}
