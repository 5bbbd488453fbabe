// The door for people: `/_control/…`, used by the browser client and by the test driver alike. It has no credential; what keeps others out is that
// the server listens on loopback only and that `server.ts` refuses foreign hosts and origins. Not part of Slack's API.

import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import type { ActContext } from './acts/act.ts'
import { administerChannel, administerMember, administerPerson, removeChannel } from './acts/administer.ts'
import { closeModal, fillModal, submitModal } from './acts/modal.ts'
import { press, suggest } from './acts/press.ts'
import { say } from './acts/say.ts'
import { openHome, useShortcut } from './acts/visit.ts'
import type { Call } from './api/routes.ts'
import { channelsOf, channelView, markRead, openDirect, personView } from './channels.ts'
import { verifyUrl } from './events.ts'
import { type Faults, faultAsked } from './faults.ts'
import { findMessage, messagesFor, removeMessage } from './messages.ts'
import { surfaceView, topModal } from './views.ts'
import type { Change, ChannelContents, Snapshot } from './wire.ts'
import type { Channel, Person } from './workspace.ts'

const place = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('message'), channel: z.string(), ts: z.string() }),
  z.strictObject({ kind: z.literal('modal') }),
  z.strictObject({ kind: z.literal('home') }),
])
const entered = z.union([z.string(), z.array(z.string()), z.null()])
const pressed = z.strictObject({ place, actionId: z.string(), blockId: z.string().optional(), value: entered.optional() })
const suggested = z.strictObject({ place, actionId: z.string(), blockId: z.string().optional(), query: z.string().max(200) })
const said = z.strictObject({ text: z.string(), threadTs: z.string().optional() })
const filled = z.strictObject({ values: z.record(z.string(), entered) })
const shortcut = z.strictObject({
  callbackId: z.string(),
  message: z.strictObject({ channel: z.string(), ts: z.string() }).optional(),
})
const personChange = z.strictObject({
  deactivated: z.boolean().optional(),
  guest: z.boolean().optional(),
  singleChannel: z.boolean().optional(),
  external: z.boolean().optional(),
  bot: z.boolean().optional(),
  workflow: z.boolean().optional(),
  name: z.string().min(1).optional(),
  title: z.string().optional(),
})
const channelChange = z.strictObject({
  name: z.string().min(1).optional(),
  topic: z.string().optional(),
  archived: z.boolean().optional(),
  externallyShared: z.boolean().optional(),
})

/** A person or channel that the caller named and that is not there, or not theirs. */
class Missing extends Error {
  readonly statusCode = 404
}

/** Mounts the control API. */
export async function control(
  app: FastifyInstance,
  { acts, calls, faults }: { readonly acts: ActContext; readonly calls: readonly Call[]; readonly faults: Faults },
): Promise<void> {
  const { workspace } = acts
  const live = new Set<FastifyReply>()

  // Everybody can be acted as but the app itself; other bots too, to see what the app does with them.
  const isApp = (person: Person) => person.slackId === workspace.app.userId
  const anyone = (handle: string): Person => {
    const person = [...workspace.people.values()].find((each) => each.handle === handle && !isApp(each))
    if (!person) throw new Missing(`There is no person "${handle}".`)
    return person
  }
  const actor = (handle: string): Person => {
    const person = anyone(handle)
    if (person.flags.deactivated) throw new Missing(`${person.name}'s account is deactivated.`)
    return person
  }
  const channel = (id: string, person?: Person): Channel => {
    const found =
      workspace.channels.get(id) ?? [...workspace.channels.values()].find((each) => each.kind !== 'direct' && each.name === id)
    if (!found || (person && !found.members.has(person.slackId))) throw new Missing(`There is no channel "${id}" here.`)
    return found
  }
  const snapshot = (me: Person): Snapshot => {
    openDirect(workspace, me.slackId)
    const { name, userId, commands, shortcuts } = workspace.app
    return {
      team: workspace.team,
      app: { name, userId, commands, shortcuts },
      hint: workspace.hints[me.handle] ?? null,
      me: personView(me),
      people: [...workspace.people.values()].map(personView),
      channels: channelsOf(workspace, me.slackId),
      modal: surfaceView(workspace, topModal(workspace, me.slackId)),
      home: surfaceView(workspace, workspace.homes.get(me.slackId)),
    }
  }

  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    const code = error instanceof z.ZodError ? 400 : (error.statusCode ?? 500)
    return reply.code(code).send({ ok: false, error: error instanceof z.ZodError ? z.prettifyError(error) : error.message })
  })

  type ByPerson = { Params: { handle: string } }
  type ByChannel = { Params: { handle: string; channel: string } }
  const at = '/_control/people/:handle'
  app.get('/_control/people', async () => [...workspace.people.values()].filter((each) => !isApp(each)).map(personView))
  app.get<ByPerson>(at, async ({ params }) => snapshot(actor(params.handle)))
  app.patch<ByPerson>(at, async ({ params, body }) => {
    administerPerson(acts, anyone(params.handle), personChange.parse(body))
    return { ok: true }
  })
  app.get<ByChannel>(`${at}/channels/:channel`, async ({ params }): Promise<ChannelContents> => {
    const me = actor(params.handle)
    const found = channel(params.channel, me)
    return { channel: channelView(workspace, found, me.slackId), messages: messagesFor(found, me.slackId) }
  })
  app.post<ByChannel>(`${at}/channels/:channel/messages`, async ({ params, body }) => {
    const me = actor(params.handle)
    const { text, threadTs } = said.parse(body)
    return say(acts, me, channel(params.channel, me), text, threadTs)
  })
  app.post<ByChannel>(`${at}/channels/:channel/read`, async ({ params }) => {
    const me = actor(params.handle)
    markRead(workspace, channel(params.channel, me), me.slackId)
    return { ok: true }
  })
  app.post<ByPerson>(`${at}/press`, async ({ params, body }) => press(acts, actor(params.handle), pressed.parse(body)))
  app.post<ByPerson>(`${at}/suggest`, async ({ params, body }) => suggest(acts, actor(params.handle), suggested.parse(body)))
  app.post<ByPerson>(`${at}/modal/fill`, async ({ params, body }) =>
    fillModal(acts, actor(params.handle), filled.parse(body).values),
  )
  app.post<ByPerson>(`${at}/modal/submit`, async ({ params }) => submitModal(acts, actor(params.handle)))
  app.post<ByPerson>(`${at}/modal/close`, async ({ params, body }) =>
    closeModal(acts, actor(params.handle), z.strictObject({ all: z.boolean() }).parse(body).all),
  )
  app.post<ByPerson>(`${at}/home`, async ({ params }) => openHome(acts, actor(params.handle)))
  app.post<ByPerson>(`${at}/shortcut`, async ({ params, body }) => {
    const { callbackId, message } = shortcut.parse(body)
    return useShortcut(acts, actor(params.handle), callbackId, message)
  })
  app.get<ByPerson>(`${at}/live`, (request, reply) => {
    const me = actor(request.params.handle)
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    const send = (change: Change) => {
      if (!change.people || change.people.includes(me.slackId)) reply.raw.write(`data: ${JSON.stringify(change)}\n\n`)
    }
    reply.raw.write(': open\n\n')
    workspace.changes.on('change', send)
    live.add(reply)
    request.raw.on('close', () => {
      workspace.changes.off('change', send)
      live.delete(reply)
    })
  })

  app.patch<{ Params: { channel: string } }>('/_control/channels/:channel', async ({ params, body }) => {
    administerChannel(acts, channel(params.channel), channelChange.parse(body))
    return { ok: true }
  })
  app.delete<{ Params: { channel: string } }>('/_control/channels/:channel', async ({ params }) => {
    removeChannel(acts, channel(params.channel))
    return { ok: true }
  })
  app.delete<{ Params: { channel: string; ts: string } }>('/_control/channels/:channel/messages/:ts', async ({ params }) => {
    const place = workspace.channels.get(params.channel) ?? channel(params.channel)
    const message = findMessage(place, params.ts)
    if (!message) throw new Missing('There is no such message.')
    removeMessage(workspace, place, message)
    return { ok: true }
  })
  app.put<{ Params: { channel: string } }>('/_control/channels/:channel/app', async ({ params, body }) => {
    const { member } = z.strictObject({ member: z.boolean() }).parse(body)
    const own = workspace.people.get(workspace.app.userId)
    if (own) administerMember(acts, channel(params.channel), own, member)
    return { ok: true }
  })
  app.put<{ Params: { channel: string; handle: string } }>(
    '/_control/channels/:channel/members/:handle',
    async ({ params, body }) => {
      const { member } = z.strictObject({ member: z.boolean() }).parse(body)
      administerMember(acts, channel(params.channel), anyone(params.handle), member)
      return { ok: true }
    },
  )
  app.post('/_control/app/verify', async () => ({ ok: await verifyUrl(acts.deliver) }))
  app.get('/_control/app/calls', async () => calls)
  app.get('/_control/faults', async () => faults.list())
  app.post('/_control/faults', async ({ body }) => faults.add(faultAsked.parse(body)))
  app.delete('/_control/faults', async () => ({ ok: faults.remove() }))
  app.delete<{ Params: { fault: string } }>('/_control/faults/:fault', async ({ params }) => {
    if (!faults.remove(params.fault)) throw new Missing(`There is no fault "${params.fault}".`)
    return { ok: true }
  })

  app.addHook('preClose', async () => {
    for (const reply of live) reply.raw.end()
  })
}
