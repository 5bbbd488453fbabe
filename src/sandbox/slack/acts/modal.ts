// The modal on top: filling it, submitting, closing. What Slack checks itself (required, lengths, numbers) is checked before the app is asked. The
// app's answer closes the modal, or shows errors at fields, another view in its place or on top, or closes all.

import { z } from 'zod'
import { enter, findByKey, problemsOf, stateOf } from '../inputs.ts'
import { interactionHead } from '../payloads.ts'
import { failureOf, interaction } from '../transport.ts'
import { issueTrigger } from '../triggers.ts'
import { type ReadView, readView } from '../view-schema.ts'
import { closeModals, pushModal, topModal, updateView, viewPayload } from '../views.ts'
import type { ActOutcome, Entered } from '../wire.ts'
import { changed, type Person, type View } from '../workspace.ts'
import { type ActContext, no, offeredKey, trouble } from './act.ts'
import { parseJson } from './say.ts'

const NO_MODAL = 'No form is open.'

/** Puts values in, by action id, block id or `block/action`; nothing is sent to the app. */
export function fillModal(ctx: ActContext, person: Person, values: Readonly<Record<string, Entered>>): ActOutcome {
  const view = topModal(ctx.workspace, person.slackId)
  if (!view) return no(NO_MODAL)
  for (const [key, value] of Object.entries(values)) {
    const placed = findByKey(view.blocks, key)
    if (!placed) return no(`The form has no field "${key}".`)
    const offered = ctx.workspace.offered.get(offeredKey({ kind: 'view', view, blocks: view.blocks }, placed)) ?? []
    const entered = enter(placed.element, value, offered)
    if (entered === undefined) return no(`"${key}" does not offer ${JSON.stringify(value)}.`)
    view.draft[placed.block.block_id] = { ...view.draft[placed.block.block_id], [placed.element.action_id]: entered }
  }
  changed(ctx.workspace, { kind: 'modal', people: [person.slackId] })
  return { ok: true }
}

/** Submits the modal on top. */
export async function submitModal(ctx: ActContext, person: Person): Promise<ActOutcome> {
  const { workspace } = ctx
  const view = topModal(workspace, person.slackId)
  if (!view) return no(NO_MODAL)
  if (!view.submit) return no('This form has nothing to submit.')
  const errors = problemsOf(view.blocks, stateOf(view.blocks, view.draft))
  if (Object.keys(errors).length > 0) return { ok: false, errors }
  const delivered = await ctx.deliver(
    interaction({
      type: 'view_submission',
      ...interactionHead(workspace, person),
      response_urls: [],
      trigger_id: issueTrigger(workspace, person.slackId, view.id),
      view: viewPayload(workspace, view),
    }),
  )
  const failure = failureOf(delivered)
  if (failure !== undefined || !delivered.ok) return no(trouble(workspace, failure ?? 'dispatch_failed'))
  return applyAnswer(ctx, person, view, delivered.body)
}

const answer = z.discriminatedUnion('response_action', [
  z.object({ response_action: z.literal('errors'), errors: z.record(z.string(), z.string()) }),
  z.object({ response_action: z.literal('update'), view: z.unknown() }),
  z.object({ response_action: z.literal('push'), view: z.unknown() }),
  z.object({ response_action: z.literal('clear') }),
])

function applyAnswer(ctx: ActContext, person: Person, view: View, body: string): ActOutcome {
  const { workspace } = ctx
  const bad = (why: string) => no(`${trouble(workspace, 'invalid_response_action')} ${why}`)
  if (body.trim() === '' || body.trim() === '{}') {
    closeModals(workspace, person.slackId, view)
    return { ok: true }
  }
  const parsed = answer.safeParse(parseJson(body))
  if (!parsed.success) return bad('')
  if (parsed.data.response_action === 'clear') {
    closeModals(workspace, person.slackId)
    return { ok: true }
  }
  if (parsed.data.response_action === 'errors') {
    const inputs = view.blocks.filter((block) => block.type === 'input').map((block) => block.block_id)
    const stray = Object.keys(parsed.data.errors).find((block) => !inputs.includes(block))
    if (stray !== undefined || Object.keys(parsed.data.errors).length === 0) return bad(`No input block "${stray ?? ''}".`)
    return { ok: false, errors: parsed.data.errors }
  }
  const read = readView(parsed.data.view, 'modal')
  if (!read.ok) return bad(read.messages.join('; ') || read.error)
  return showNext(ctx, person, view, read.view, parsed.data.response_action) ? { ok: true } : bad('push_limit_reached')
}

function showNext({ workspace }: ActContext, person: Person, view: View, next: ReadView, how: 'update' | 'push'): boolean {
  if (how === 'push') return pushModal(workspace, person.slackId, next) !== undefined
  updateView(workspace, view, next)
  return true
}

/** Closes the modal on top, or the whole stack; apps that asked are told of each. */
export async function closeModal(ctx: ActContext, person: Person, all: boolean): Promise<ActOutcome> {
  const { workspace } = ctx
  const top = topModal(workspace, person.slackId)
  if (!top) return no(NO_MODAL)
  const clears = all || top.clearOnClose
  const closed = clears ? [...(workspace.modals.get(person.slackId) ?? [])] : [top]
  closeModals(workspace, person.slackId, clears ? undefined : top)
  for (const view of closed.filter((each) => each.notifyOnClose))
    await ctx.deliver(
      interaction({
        type: 'view_closed',
        ...interactionHead(workspace, person),
        view: viewPayload(workspace, view),
        is_cleared: clears,
      }),
    )
  return { ok: true }
}
