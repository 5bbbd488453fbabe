// Response URLs: an address that may be used five times within half an hour to answer what one person did, in the channel where they did it. It is a
// bearer secret of its own; no token is asked. The only way to change an ephemeral message.
// When it came from a message and nothing is said, the answer replaces that message: the harsher of the readings one finds, so that an app
// that does not say `replace_original` is caught here.

import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readContent } from './api/chat.ts'
import { type Answer, done, fail } from './api/method.ts'
import { throughFaults } from './api/through-faults.ts'
import type { Faults } from './faults.ts'
import { editMessage, findMessage, postMessage, removeMessage } from './messages.ts'
import type { Workspace } from './workspace.ts'

const USES = 5
const LIFE_MS = 30 * 60_000

interface ResponseUrl {
  readonly channel: string
  readonly person: string
  readonly message: string | null
  readonly expiresAt: number
  used: number
}
export interface ResponseUrls {
  /** A new address for an answer to this person; `message` is what they acted on. */
  readonly issue: (person: string, channel: string, message?: string) => string
  readonly routes: (app: FastifyInstance) => Promise<void>
}

const answered = z.object({
  text: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
  thread_ts: z.string().optional(),
  response_type: z.enum(['ephemeral', 'in_channel']).optional(),
  replace_original: z.boolean().optional(),
  delete_original: z.boolean().optional(),
})

export function createResponseUrls(workspace: Workspace, origin: () => string, faults: Faults): ResponseUrls {
  const urls = new Map<string, ResponseUrl>()
  return {
    issue: (person, channel, message) => {
      const id = randomBytes(18).toString('base64url')
      urls.set(id, { person, channel, message: message ?? null, expiresAt: workspace.now() + LIFE_MS, used: 0 })
      return `${origin()}/hooks/${id}`
    },
    routes: async (app) => {
      app.post<{ Params: { id: string } }>('/hooks/:id', async (request, reply) => {
        const url = urls.get(request.params.id)
        const { answer, done: acted } = await throughFaults(faults, 'response_url', reply, () =>
          url ? use(workspace, url, request.body) : fail('no_such_url'),
        )
        if (reply.sent) return reply
        const failed = acted && answer && 'ok' in answer && answer.ok === false ? String((answer as Answer).error) : undefined
        if (failed === undefined) return reply.send(answer)
        return reply.code(['no_such_url', 'expired_url', 'used_url'].includes(failed) ? 404 : 400).send(answer)
      })
    },
  }
}

function use(workspace: Workspace, url: ResponseUrl, body: unknown): Answer {
  if (workspace.now() > url.expiresAt) return fail('expired_url')
  if (url.used >= USES) return fail('used_url')
  const channel = workspace.channels.get(url.channel)
  const parsed = answered.safeParse(body)
  if (!parsed.success || !channel) return fail('invalid_payload')
  const said = parsed.data
  const original = url.message === null ? undefined : findMessage(channel, url.message)
  if (said.delete_original) {
    if (!original) return fail('message_not_found')
    url.used += 1
    removeMessage(workspace, channel, original)
    return done()
  }
  const content = readContent(said)
  if (!content.ok) return content.answer
  url.used += 1
  if (original && (said.replace_original ?? true)) {
    editMessage(workspace, channel, original, { text: content.text, blocks: content.blocks })
    return done()
  }
  postMessage(workspace, channel, {
    user: workspace.app.userId,
    text: content.text,
    blocks: content.blocks,
    threadTs: said.thread_ts ?? null,
    ephemeralFor: said.response_type === 'in_channel' ? null : url.person,
  })
  return done()
}
