// Opening the app's home and using its shortcuts.

import { openDirect } from '../channels.ts'
import { findMessage } from '../messages.ts'
import { interactionHead, messageObject } from '../payloads.ts'
import { failureOf, interaction } from '../transport.ts'
import { issueTrigger } from '../triggers.ts'
import { viewPayload } from '../views.ts'
import type { ActOutcome } from '../wire.ts'
import { nextTs, type Person } from '../workspace.ts'
import { type ActContext, no, trouble } from './act.ts'

/** A person opens the app's home; the app learns of it by an event and publishes what they see. */
export function openHome({ workspace, events }: ActContext, person: Person): ActOutcome {
  const known = workspace.homes.get(person.slackId)
  void events.emit({
    type: 'app_home_opened',
    user: person.slackId,
    channel: openDirect(workspace, person.slackId).id,
    tab: 'home',
    event_ts: nextTs(workspace),
    ...(known ? { view: viewPayload(workspace, known) } : {}),
  })
  return { ok: true }
}

/** Uses a shortcut: a global one anywhere, a message one on a message. */
export async function useShortcut(
  ctx: ActContext,
  person: Person,
  callbackId: string,
  on?: { readonly channel: string; readonly ts: string },
): Promise<ActOutcome> {
  const { workspace } = ctx
  const kind = on ? 'message' : 'global'
  const shortcut = workspace.app.shortcuts.find((each) => each.callbackId === callbackId && each.type === kind)
  if (!shortcut) return no(`There is no ${kind} shortcut "${callbackId}".`)
  const common = {
    ...interactionHead(workspace, person),
    callback_id: callbackId,
    action_ts: nextTs(workspace),
    trigger_id: issueTrigger(workspace, person.slackId),
  }
  const channel = on && workspace.channels.get(on.channel)
  const message = channel?.members.has(person.slackId) ? findMessage(channel, on?.ts ?? '') : undefined
  if (on && (!channel || !message || message.ephemeralFor !== null)) return no('That message is no longer there.')
  const delivered = await ctx.deliver(
    interaction(
      channel && message
        ? {
            type: 'message_action',
            ...common,
            message_ts: message.ts,
            message: messageObject(workspace, message),
            channel: { id: channel.id, name: channel.kind === 'direct' ? 'directmessage' : channel.name },
            response_url: ctx.responseUrls.issue(person.slackId, channel.id),
          }
        : { type: 'shortcut', ...common },
    ),
  )
  const failure = failureOf(delivered)
  return failure === undefined ? { ok: true } : no(trouble(workspace, failure))
}
