// What `/readyz` says of a process: part by part whether it can do its work, with a sentence each. One needed part that is not ready makes the whole
// not ready, 503; what is only told does not. It changes nothing and names nothing of the inside: anybody may ask.

import type { FastifyReply } from 'fastify'
import { type Kysely, sql } from 'kysely'

export type Part = { readonly ready: boolean; readonly words: string }
export type Look = () => Promise<Part>

/** A look that is under way answers all who ask meanwhile: anybody may ask as often as he likes, and must not buy the database by that. */
export function shared(look: Look): Look {
  let underWay: Promise<Part> | undefined
  return () =>
    (underWay ??= look().finally(() => {
      underWay = undefined
    }))
}

/** Whether the database answers. */
export const lookAtDatabase = <T>(db: Kysely<T>): Look =>
  shared(() =>
    sql`select 1`.execute(db).then(
      () => ({ ready: true, words: 'The database answers.' }),
      () => ({ ready: false, words: 'The database does not answer.' }),
    ),
  )

/** Asks every part at once and answers for them. A look that throws is a part that is not ready. */
export async function answerReadiness(
  reply: FastifyReply,
  needed: Readonly<Record<string, Look>>,
  told: Readonly<Record<string, Part>> = {},
): Promise<FastifyReply> {
  const parts = await Promise.all(
    Object.entries(needed).map(async ([name, look]) => {
      const part = await look().catch(
        (): Part => ({ ready: false, words: 'It cannot be told, because the database does not answer.' }),
      )
      return [name, part] as const
    }),
  )
  const ready = parts.every(([, part]) => part.ready)
  return reply.code(ready ? 200 : 503).send({ ready, ...Object.fromEntries(parts), ...told })
}
