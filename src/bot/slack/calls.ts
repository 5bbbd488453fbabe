// The worker's calls of Slack: none while its method is held back by a limit, and every failure read once, by what can be done about it. Whoever gets a
// setback leaves the delivery to its next turn.

import type { WebClient } from '@slack/web-api'
import type { Logger } from 'pino'
import type { BotContext } from '../../commands/context.ts'
import { type Pace, readTrouble, type Trouble } from './pace.ts'

export type Caller = {
  readonly ctx: BotContext
  readonly client: WebClient
  readonly pace: Pace
  readonly log: Logger
}
export type Setback =
  | { readonly told: false; readonly method: string; readonly trouble: Trouble }
  /** Not even tried: the method is held back until then (ms). */
  | { readonly told: false; readonly held: number }
export type Called<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly setback: Setback }

/** Calls one method, unless it is held back. */
export async function call<T>(
  { ctx, client, pace }: Caller,
  method: string,
  run: (client: WebClient) => Promise<T>,
): Promise<Called<T>> {
  const held = pace.heldUntil(method, ctx.now().getTime())
  if (held !== undefined) return { ok: false, setback: { told: false, held } }
  try {
    return { ok: true, value: await run(client) }
  } catch (error) {
    const trouble = readTrouble(error)
    if (trouble.is === 'limited') pace.hold(method, ctx.now().getTime() + trouble.waitMs)
    return { ok: false, setback: { told: false, method, trouble } }
  }
}

/** What is in vain for a reason of ours. */
export const inVain = (method: string, code: string): { readonly ok: false; readonly setback: Setback } => ({
  ok: false,
  setback: { told: false, method, trouble: { is: 'in_vain', code } },
})

/** Whether the app was installed without what this call needs: mended by the operator, if at all, so nobody is kept waiting for it. */
export const lacksScope = (setback: Setback): boolean =>
  'trouble' in setback && 'code' in setback.trouble && setback.trouble.code === 'missing_scope'

/** The code of a setback that trying again does not mend. */
export const codeInVain = (setback: Setback): string | undefined =>
  'trouble' in setback && setback.trouble.is === 'in_vain' ? setback.trouble.code : undefined
