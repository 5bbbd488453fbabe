// Where a message may go: the runbook's channel, if the app is in it and it is not shared with another organisation; a person's account, if it is that of a
// full, living member of an allowed workspace. What belongs inside is said nowhere else, whoever named the place. Believed for a minute and for five;
// while Slack does not say, nothing is sent.

import type { WebClient } from '@slack/web-api'
import { believing } from './believed.ts'
import { type Called, type Caller, call, inVain, lacksScope } from './calls.ts'
import { barrierOf, SlackUser } from './gate.ts'

const CHANNEL_MS = 60_000
const PERSON_MS = 300_000
const PAGE = 200
const MOST_PAGES = 20

export type ChannelStanding = { readonly id: string; readonly shared: boolean }
export type Standing = {
  /** A channel by its name or id, as a runbook gives it; `known` is where a message stands already. */
  readonly channel: (named: string, known: string | undefined) => Promise<Called<ChannelStanding>>
  /** Whether a person may be written to. */
  readonly person: (user: string) => Promise<Called<true>>
}

class Failed extends Error {
  readonly called: Called<never>
  constructor(called: Called<never>) {
    super('Slack did not say')
    this.called = called
  }
}
const must = <T>(called: Called<T>): T => {
  if (called.ok) return called.value
  throw new Failed(called)
}
const settled = async <T>(asked: Promise<T>): Promise<Called<T>> => {
  try {
    return { ok: true, value: await asked }
  } catch (error) {
    if (error instanceof Failed) return error.called
    throw error
  }
}

export function createStanding(caller: Caller, teamIds: readonly string[]): Standing {
  const now = () => caller.ctx.now().getTime()
  const idOf = believing(now, CHANNEL_MS, async (named) => must(await findChannel(caller, named)))
  const sharedOf = believing(now, CHANNEL_MS, async (channel) => {
    const info = must(closing(await call(caller, 'conversations.info', (client) => client.conversations.info({ channel }))))
    return info.channel?.is_ext_shared === true || info.channel?.is_pending_ext_shared === true
  })
  const person = believing(now, PERSON_MS, async (user) => {
    const { user: told } = must(await call(caller, 'users.info', (client) => client.users.info({ user })))
    const barrier = barrierOf(SlackUser.parse(told), teamIds)
    return barrier === undefined ? (true as const) : must<true>(inVain('users.info', `account_${barrier}`))
  })
  return {
    channel: (named, known) => {
      const found = known === undefined ? idOf(named) : Promise.resolve(known)
      return settled(found.then(async (id) => ({ id, shared: await sharedOf(id) })))
    },
    person: (user) => settled(person(user)),
  }
}

/** The id of a channel that the app is in; one that it is not in is closed to it, whatever its name. */
async function findChannel(caller: Caller, named: string): Promise<Called<string>> {
  const wanted = named.replace(/^#/, '')
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const listed = await call(caller, 'users.conversations', (client) => ownChannels(client, cursor))
    if (!listed.ok) return closing(listed)
    const found = listed.value.channels?.find(({ id, name }) => id === wanted || name === wanted)
    if (found?.id !== undefined) return { ok: true, value: found.id }
    cursor = listed.value.response_metadata?.next_cursor
    if (!cursor) break
  }
  return inVain('users.conversations', 'not_in_channel')
}

/** A channel of which nothing can be learned is closed: it might be shared. */
const closing = <T>(called: Called<T>): Called<T> =>
  !called.ok && lacksScope(called.setback) ? inVain('conversations.info', 'missing_scope') : called

const ownChannels = (client: WebClient, cursor: string | undefined) =>
  client.users.conversations({ types: 'public_channel,private_channel', limit: PAGE, ...(cursor && { cursor }) })
