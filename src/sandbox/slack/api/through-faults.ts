// A call of the app on its way through the faults that were asked for: answered as Slack would, or as Slack in trouble would. A dropped call ends
// with its connection, before or after the workspace has acted.

import type { FastifyReply } from 'fastify'
import type { CallFault, Faults } from '../faults.ts'
import type { Answer } from './method.ts'

export interface Passage<T> {
  /** What the app is answered; undefined when nobody answers. */
  readonly answer: T | object | undefined
  /** Whether the workspace acted. */
  readonly done: boolean
  readonly fault?: CallFault['kind']
}

/** Lets one call through, or not. `act` is what the workspace does; `reply` carries status and headers, and is hijacked when nobody answers. */
export async function throughFaults<T extends Answer>(
  faults: Faults,
  name: string,
  reply: FastifyReply,
  act: () => T,
): Promise<Passage<T>> {
  const struck = faults.strike('call', name)
  if (!struck) return acted(faults, act)
  const fault = struck.does.kind
  const drop = () => {
    reply.hijack().raw.destroy()
  }
  switch (struck.does.kind) {
    case 'limited':
      reply.code(429).header('retry-after', String(struck.does.retryAfter))
      return { answer: { ok: false, error: 'ratelimited' }, done: false, fault }
    case 'limited_in_body':
      if (struck.does.retryAfter !== undefined) reply.header('retry-after', String(struck.does.retryAfter))
      return { answer: { ok: false, error: 'ratelimited' }, done: false, fault }
    case 'status':
      reply.code(struck.does.status).type('text/html')
      return { answer: undefined, done: false, fault }
    case 'error':
      return { answer: { ok: false, error: struck.does.error }, done: false, fault }
    case 'dropped_before':
      drop()
      return { answer: undefined, done: false, fault }
    case 'dropped_after': {
      const passage = acted(faults, act)
      drop()
      return { ...passage, fault }
    }
    case 'delayed':
    case 'held':
    case 'behind_next':
      await struck.released()
      return { ...acted(faults, act), fault }
    case 'silence':
      // Nobody is there: the app gives up by itself, or is hung up when the silence ends. Nothing was done.
      await struck.released()
      drop()
      return { answer: undefined, done: false, fault }
  }
}

function acted<T>(faults: Faults, act: () => T): { answer: T; done: true } {
  const answer = act()
  faults.passed('call')
  return { answer, done: true }
}
