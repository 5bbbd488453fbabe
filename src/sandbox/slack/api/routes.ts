// The Web API over HTTP: `POST /api/<method>` with a bearer token. Every refusal is status 200 with `ok: false`, as at Slack. Each call is kept in a
// short record, so that a test can see what the app said.

import formbody from '@fastify/formbody'
import type { FastifyInstance } from 'fastify'
import type { Faults } from '../faults.ts'
import type { Workspace } from '../workspace.ts'
import { chatDelete, chatGetPermalink, chatPostEphemeral, chatPostMessage, chatUpdate } from './chat.ts'
import {
  conversationsHistory,
  conversationsInfo,
  conversationsList,
  conversationsMembers,
  conversationsOpen,
  conversationsReplies,
  usersConversations,
} from './conversations.ts'
import {
  authTest,
  botsInfo,
  teamInfo,
  usergroupsList,
  usergroupsUsersList,
  usersInfo,
  usersList,
  usersLookupByEmail,
} from './identity.ts'
import { type Answer, fail, type Method } from './method.ts'
import { missingScope } from './scopes.ts'
import { throughFaults } from './through-faults.ts'
import { viewsOpen, viewsPublish, viewsPush, viewsUpdate } from './views.ts'

const KEPT_CALLS = 500

/** One call of the app, its token left out. */
export interface Call {
  readonly method: string
  readonly body: Readonly<Record<string, unknown>>
  /** What the workspace answered; undefined when it was not reached. */
  readonly answer: Answer | undefined
  /** The fault that struck, when one did: the app may have heard something else, or nothing. */
  readonly fault?: string
}

const methods = (origin: () => string): Readonly<Record<string, Method>> => ({
  'auth.test': authTest,
  'team.info': teamInfo,
  'bots.info': botsInfo,
  'users.info': usersInfo,
  'users.list': usersList,
  'users.lookupByEmail': usersLookupByEmail,
  'usergroups.list': usergroupsList,
  'usergroups.users.list': usergroupsUsersList,
  'conversations.open': conversationsOpen,
  'conversations.info': conversationsInfo,
  'conversations.list': conversationsList,
  'users.conversations': usersConversations,
  'conversations.members': conversationsMembers,
  'conversations.history': conversationsHistory,
  'conversations.replies': conversationsReplies,
  'chat.postMessage': chatPostMessage,
  'chat.update': chatUpdate,
  'chat.postEphemeral': chatPostEphemeral,
  'chat.delete': chatDelete,
  'chat.getPermalink': chatGetPermalink(origin),
  'views.open': viewsOpen,
  'views.push': viewsPush,
  'views.update': viewsUpdate,
  'views.publish': viewsPublish,
})

export interface WebApiOptions {
  readonly workspace: Workspace
  readonly botToken: string
  readonly origin: () => string
  readonly calls: Call[]
  readonly faults: Faults
}

/** Mounts the Web API. */
export async function webApi(app: FastifyInstance, { workspace, botToken, origin, calls, faults }: WebApiOptions): Promise<void> {
  await app.register(formbody)
  const table = methods(origin)
  app.post<{ Params: { method: string } }>('/api/:method', async (request, reply) => {
    const { token: inBody, ...body } = asRecord(request.body)
    const given = request.headers.authorization?.replace(/^Bearer /, '') ?? inBody
    const name = request.params.method
    const call: { -readonly [K in keyof Call]: Call[K] } = { method: name, body, answer: undefined }
    calls.push(call)
    if (calls.length > KEPT_CALLS) calls.shift()
    const { answer, fault } = await throughFaults(faults, name, reply, () => {
      call.answer = given === undefined ? fail('not_authed') : given === botToken ? ask(name, body) : fail('invalid_auth')
      return call.answer
    })
    if (fault !== undefined) call.fault = fault
    return reply.sent ? reply : reply.send(answer)
  })
  const ask = (name: string, body: Readonly<Record<string, unknown>>): Answer => {
    const known = Object.hasOwn(table, name) ? table[name] : undefined
    if (!known) return fail('unknown_method')
    const needed = missingScope(workspace, name, body)
    return needed === undefined ? known.call(workspace, body) : { ...fail('missing_scope'), ...needed }
  }
}

function asRecord(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? { ...body } : {}
}
