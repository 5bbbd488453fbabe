// What an answer of Slack's Web API means for a delivery: told, to be tried again later, to be told in another way, or in vain. A rate limit holds back
// the one method it names for exactly as long as Slack says, in this process; everything else waits twice as long each time, with chance in it, so that
// many deliveries do not come back together. Pure but for the limits it remembers.

import {
  ErrorCode,
  SlackError,
  type WebAPIHTTPError,
  type WebAPIPlatformError,
  type WebAPIRateLimitedError,
} from '@slack/web-api'

const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 300_000
export const GIVE_UP_AFTER = 40

export type Trouble =
  | { readonly is: 'limited'; readonly waitMs: number }
  | { readonly is: 'gone'; readonly code: string }
  | { readonly is: 'in_vain'; readonly code: string }
  | { readonly is: 'passing'; readonly code: string }

/** The message cannot be changed any more: say it anew. */
const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed', 'is_inactive', 'block_mismatch'])
/** The place is closed to us, or the message is none: trying again changes nothing. A bad token is mended by the operator, so that is tried again. */
const IN_VAIN = new Set(
  (
    'is_archived not_found channel_not_found not_in_channel user_not_found users_not_found user_not_visible user_disabled restricted_action ' +
    'restricted_action_read_only_channel restricted_action_thread_only_channel cannot_dm_bot messages_tab_disabled ' +
    'thread_not_found invalid_blocks msg_too_long msg_blocks_too_long no_text invalid_arguments'
  ).split(' '),
)

/** What went wrong, by what can be done about it. */
export function readTrouble(error: unknown): Trouble {
  if (!(error instanceof SlackError)) return { is: 'passing', code: error instanceof Error ? error.name : 'unknown' }
  switch (error.code) {
    case ErrorCode.RateLimitedError:
      return { is: 'limited', waitMs: Math.max(1, (error as WebAPIRateLimitedError).retryAfter) * 1000 }
    case ErrorCode.PlatformError: {
      const code = (error as WebAPIPlatformError).data.error
      // A limit may also come in the body of a good answer, with or without its header.
      if (code === 'ratelimited' || code === 'rate_limited')
        return { is: 'limited', waitMs: ((error as WebAPIPlatformError).data.response_metadata?.retryAfter ?? 30) * 1000 }
      if (GONE.has(code)) return { is: 'gone', code }
      return { is: IN_VAIN.has(code) ? 'in_vain' : 'passing', code }
    }
    case ErrorCode.HTTPError:
      return { is: 'passing', code: `http_${(error as WebAPIHTTPError).statusCode}` }
    default:
      return { is: 'passing', code: error.code }
  }
}

/** How long to wait before attempt `attempts` + 1; `chance` is from 0 to 1. */
export function backOffMs(attempts: number, chance: number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 20))
  return Math.round(full * (0.5 + chance / 2))
}

export type Pace = {
  /** Until when (ms) a method may not be called; undefined when it may. */
  readonly heldUntil: (method: string, now: number) => number | undefined
  readonly hold: (method: string, until: number) => void
}

export function createPace(): Pace {
  const held = new Map<string, number>()
  return {
    heldUntil: (method, now) => {
      const until = held.get(method)
      return until !== undefined && until > now ? until : undefined
    },
    hold: (method, until) => {
      held.set(method, Math.max(until, held.get(method) ?? 0))
    },
  }
}
