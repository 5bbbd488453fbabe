// What acts have in common: who acts, where it happens, what the person is told when the app does not answer. An act is what one person does in the
// workspace; it ends in at most one payload to the app. Acts never throw for what a person or the app did: they return words.

import type { Events } from '../events.ts'
import { findElement, type Placed } from '../inputs.ts'
import { findMessage } from '../messages.ts'
import type { ResponseUrls } from '../response-urls.ts'
import type { Deliver } from '../transport.ts'
import { topModal } from '../views.ts'
import type { ActOutcome, Block, Place, State } from '../wire.ts'
import type { Channel, Message, Person, View, Workspace } from '../workspace.ts'

export interface ActContext {
  readonly workspace: Workspace
  readonly deliver: Deliver
  readonly events: Events
  readonly responseUrls: ResponseUrls
}

/** A message or view that a person has before them, with what they have entered. */
export type Surface =
  | { readonly kind: 'message'; readonly message: Message; readonly channel: Channel; readonly blocks: readonly Block[] }
  | { readonly kind: 'view'; readonly view: View; readonly blocks: readonly Block[] }

/** What stands at a place, if this person sees it. */
export function surfaceAt(workspace: Workspace, person: Person, place: Place): Surface | undefined {
  if (place.kind === 'message') {
    const channel = workspace.channels.get(place.channel)
    const message = channel?.members.has(person.slackId) ? findMessage(channel, place.ts) : undefined
    if (!channel || !message || (message.ephemeralFor !== null && message.ephemeralFor !== person.slackId)) return undefined
    return { kind: 'message', message, channel, blocks: message.blocks }
  }
  const view = place.kind === 'modal' ? topModal(workspace, person.slackId) : workspace.homes.get(person.slackId)
  return view && { kind: 'view', view, blocks: view.blocks }
}

export function placedAt(surface: Surface, actionId: string, blockId?: string): Placed | undefined {
  return findElement(surface.blocks, actionId, blockId)
}

/** What this person has entered on a surface. */
export function draftOf(surface: Surface, person: Person): State {
  if (surface.kind === 'view') return surface.view.draft
  const known = surface.message.drafts.get(person.slackId)
  if (known) return known
  const draft: State = {}
  surface.message.drafts.set(person.slackId, draft)
  return draft
}

/** Under which name a surface's external selects keep what they offered. */
export const offeredKey = (surface: Surface, { block, element }: Placed): string =>
  `${surface.kind === 'view' ? surface.view.id : `${surface.channel.id} ${surface.message.ts}`} ${block.block_id} ${element.action_id}`

export const no = (error: string): ActOutcome => ({ ok: false, error })

/** What a person reads when the app did not answer as it should. */
export function trouble(workspace: Workspace, code: string): string {
  const { name } = workspace.app
  const told: Record<string, string> = {
    operation_timeout: `${name} did not answer within three seconds.`,
    dispatch_failed: `${name} could not be reached.`,
    http_client_error: `${name} refused this.`,
    http_service_error: `${name} failed.`,
  }
  return `${told[code] ?? `${name} gave an answer that cannot be shown.`} You can try again. (${code})`
}
