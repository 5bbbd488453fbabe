// What Slack sent, as far as we need it before anything looks inside: its kind, its own identity (the inbox key), who acted from where. Slack adds
// members at will, so these schemas are open; everything that is used later is parsed again where it is used.

import { z } from 'zod'

const text = z.string().min(1).max(200)
const id = z.string().regex(/^[A-Z0-9]{2,30}$/)
const team = z.object({ id }).nullish()

const Event = z.looseObject({
  type: z.literal('event_callback'),
  event_id: text,
  team_id: id,
  api_app_id: id,
  event: z.looseObject({ type: text }),
})
const Command = z.looseObject({
  command: text,
  trigger_id: text,
  team_id: id,
  user_id: id,
  api_app_id: id.optional(),
  response_url: z.url(),
})
const Interaction = z.looseObject({
  type: z.enum(['block_actions', 'view_submission', 'view_closed', 'shortcut', 'message_action', 'block_suggestion']),
  trigger_id: text.optional(),
  api_app_id: id,
  team,
  user: z.looseObject({ id, team_id: id.optional() }),
  view: z.looseObject({ id: text, hash: text.optional(), type: text.optional() }).nullish(),
  actions: z.array(z.looseObject({ action_id: text })).optional(),
})

/** Buttons that open a form: like a form they are answered within three seconds or not at all. */
const OPENS_FORM: readonly (string | undefined)[] = ['request.again', 'request.same', 'objection.explain']

export type Envelope = {
  readonly kind: 'event' | 'command' | 'submission' | 'form' | 'click' | 'shortcut' | 'ignored'
  readonly inboxId: string
  readonly app: string | undefined
  /** The workspace in which this happened. Whose member acted is the gate's business: in a shared channel it may be another, and gets words. */
  readonly team: string
  readonly body: Record<string, unknown>
}
export type Incoming =
  | { readonly is: 'envelope'; readonly envelope: Envelope }
  | { readonly is: 'challenge'; readonly challenge: string }
  | { readonly is: 'nonsense' }

const NONSENSE: Incoming = { is: 'nonsense' }

/** Reads a verified body. */
export function readEnvelope(contentType: string, body: string): Incoming {
  const parsed = parseBody(contentType, body)
  if (parsed === undefined) return NONSENSE
  if (parsed['type'] === 'url_verification') {
    const challenge = text.safeParse(parsed['challenge'])
    return challenge.success ? { is: 'challenge', challenge: challenge.data } : NONSENSE
  }
  const event = Event.safeParse(parsed)
  if (event.success) {
    const { event_id, team_id, api_app_id } = event.data
    return {
      is: 'envelope',
      envelope: { kind: 'event', inboxId: `event:${event_id}`, app: api_app_id, team: team_id, body: parsed },
    }
  }
  const command = Command.safeParse(parsed)
  if (command.success) {
    const { trigger_id, team_id, api_app_id } = command.data
    return {
      is: 'envelope',
      envelope: { kind: 'command', inboxId: `trigger:${trigger_id}`, app: api_app_id, team: team_id, body: parsed },
    }
  }
  const interaction = Interaction.safeParse(parsed)
  if (!interaction.success) return NONSENSE
  const { type, trigger_id, api_app_id, team: installed, user, view, actions } = interaction.data
  const at = installed?.id ?? user.team_id ?? ''
  const own = trigger_id === undefined ? `view:${view?.id}:${view?.hash}:${type}` : `trigger:${trigger_id}`
  return {
    is: 'envelope',
    envelope: {
      kind: kindOf(type, view?.type === 'modal' || OPENS_FORM.includes(actions?.[0]?.action_id)),
      inboxId: own,
      app: api_app_id,
      team: at,
      body: parsed,
    },
  }
}

function kindOf(type: z.infer<typeof Interaction>['type'], form: boolean): Envelope['kind'] {
  switch (type) {
    case 'view_submission':
      return 'submission'
    case 'block_actions':
      return form ? 'form' : 'click'
    case 'shortcut':
    case 'message_action':
      return 'shortcut'
    case 'view_closed':
    case 'block_suggestion':
      return 'ignored'
  }
}

function parseBody(contentType: string, body: string): Record<string, unknown> | undefined {
  const [media = ''] = contentType.toLowerCase().split(';')
  if (media.trim() === 'application/json') return readJson(body)
  if (media.trim() !== 'application/x-www-form-urlencoded') return undefined
  const form = Object.fromEntries(new URLSearchParams(body))
  return form['payload'] === undefined ? form : readJson(form['payload'])
}

function readJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
