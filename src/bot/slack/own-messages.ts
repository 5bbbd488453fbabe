// Messages of ours that Slack took but did not tell us of: a connection that ended, a process that died between. Each message carries, as metadata, the
// request, the place and the delivery that posted it (ids only: everybody in a channel may read it), so that it is found in the history of its place
// before it is posted again. Others can write the same metadata, so only what Slack says is this app's counts. Without the scope to read a channel's
// history nothing is found, and a message may stand there twice.

import { type Called, type Caller, call, codeInVain, lacksScope } from './calls.ts'

const EVENT_TYPE = 'countersign_message'
const PAGE = 200
const MOST_PAGES = 5
/** Slack's clock and ours differ; nothing of ours is looked for further back than this before its delivery was made. */
const MARGIN_SECONDS = 300

export type Origin = { readonly request: string; readonly place: string; readonly delivery: string }
/** `appId`: as Slack told it; until it has, metadata alone decide. */
export type Looker = Caller & { readonly appId: () => string | undefined }
export type OwnMessage = { readonly channel: string; readonly ts: string; readonly delivery: string }

/** What a message carries along. */
export const metadataOf = (origin: Origin) => ({ event_type: EVENT_TYPE, event_payload: { ...origin } })

/** The messages of one place of a request that stand where it is told: in a channel, a thread, or a person's direct messages. */
export async function findOwnMessages(
  caller: Looker,
  to: { readonly channel: string; readonly thread?: string },
  { request, place }: Pick<Origin, 'request' | 'place'>,
  since: Date,
): Promise<Called<readonly OwnMessage[]>> {
  const opened = await channelOf(caller, to.channel)
  if (!opened.ok) return opened
  const channel = opened.value
  const oldest = String(Math.floor(since.getTime() / 1000) - MARGIN_SECONDS)
  const own: OwnMessage[] = []
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const method = to.thread === undefined ? 'conversations.history' : 'conversations.replies'
    const span = { channel, oldest, limit: PAGE, include_all_metadata: true, ...(cursor && { cursor }) }
    const read = await call(caller, method, ({ conversations }) =>
      to.thread === undefined ? conversations.history(span) : conversations.replies({ ...span, ts: to.thread }),
    )
    if (!read.ok) {
      const code = lacksScope(read.setback) ? 'missing_scope' : codeInVain(read.setback)
      if (code === undefined) return read
      caller.log.warn({ code, channel }, 'the history of a place cannot be read: a message may stand there twice')
      return { ok: true, value: own }
    }
    const ownApp = caller.appId()
    for (const { ts, metadata, app_id, bot_profile } of read.value.messages ?? []) {
      if (ownApp !== undefined && (app_id ?? bot_profile?.app_id) !== ownApp) continue
      const origin = metadata?.event_type === EVENT_TYPE ? (metadata.event_payload as Partial<Origin> | undefined) : undefined
      if (ts !== undefined && origin?.request === request && origin.place === place)
        own.push({ channel, ts, delivery: String(origin.delivery) })
    }
    cursor = read.value.response_metadata?.next_cursor
    if (!cursor) break
  }
  return { ok: true, value: own }
}

async function channelOf(caller: Caller, to: string): Promise<Called<string>> {
  if (!/^[UW]/.test(to)) return { ok: true, value: to }
  const opened = await call(caller, 'conversations.open', (client) => client.conversations.open({ users: to }))
  return opened.ok ? { ok: true, value: opened.value.channel?.id ?? '' } : opened
}
