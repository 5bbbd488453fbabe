// The Web API over HTTP: `POST /api/<method>` with a bearer token. Every refusal is status 200 with `ok: false`, as at Slack. Each call is kept in a
// short record, so that a test can see what the app said.

import formbody from '@fastify/formbody'
import type { FastifyInstance } from 'fastify'
import type { Workspace } from '../workspace.ts'
import { chatDelete, chatGetPermalink, chatPostEphemeral, chatPostMessage, chatUpdate } from './chat.ts'
import {
  conversationsHistory,
  conversationsInfo,
  conversationsList,
  conversationsMembers,
  conversationsOpen,
  conversationsReplies,
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
import { viewsOpen, viewsPublish, viewsPush, viewsUpdate } from './views.ts'

const KEPT_CALLS = 500

/** One call of the app, its token left out. */
export interface Call {
  readonly method: string
  readonly body: Readonly<Record<string, unknown>>
  readonly answer: Answer
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
}

/** Mounts the Web API. */
export async function webApi(app: FastifyInstance, { workspace, botToken, origin, calls }: WebApiOptions): Promise<void> {
  await app.register(formbody)
  const table = methods(origin)
  app.post<{ Params: { method: string } }>('/api/:method', async (request) => {
    const { token: inBody, ...body } = asRecord(request.body)
    const given = request.headers.authorization?.replace(/^Bearer /, '') ?? inBody
    const name = request.params.method
    const answer = (): Answer => {
      if (given === undefined) return fail('not_authed')
      if (given !== botToken) return fail('invalid_auth')
      return Object.hasOwn(table, name) ? (table[name]?.call(workspace, body) ?? fail('unknown_method')) : fail('unknown_method')
    }
    const call = { method: name, body, answer: answer() }
    calls.push(call)
    if (calls.length > KEPT_CALLS) calls.shift()
    return call.answer
  })
}

function asRecord(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? { ...body } : {}
}
