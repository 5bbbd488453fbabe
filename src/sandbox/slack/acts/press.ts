// Acting on one element of a message, a modal or the home: a press, a choice, a text that dispatches. What was entered is kept as the person's draft
// and goes along as `state.values`. A link button opens its address in the person's browser and tells the app as well.

import { z } from 'zod'
import { optionGroups, options as optionsSchema } from '../block-schema.ts'
import { enter, isStateful, type Placed, stateOf } from '../inputs.ts'
import { interactionHead, messageContainer, viewContainer } from '../payloads.ts'
import { failureOf, interaction } from '../transport.ts'
import { issueTrigger } from '../triggers.ts'
import type { ActOutcome, Entered, Option, OptionGroup, Place, StateValue, Suggestions } from '../wire.ts'
import { nextTs, type Person } from '../workspace.ts'
import { type ActContext, draftOf, no, offeredKey, placedAt, type Surface, surfaceAt, trouble } from './act.ts'
import { parseJson } from './say.ts'

export interface Press {
  readonly place: Place
  readonly actionId: string
  readonly blockId?: string | undefined
  readonly value?: Entered | undefined
}
const GONE = 'That is no longer there. The message or form has changed.'

/** Presses or changes an element and sends `block_actions`, unless it is an input that does not dispatch. */
export async function press(ctx: ActContext, person: Person, { place, actionId, blockId, value }: Press): Promise<ActOutcome> {
  const { workspace } = ctx
  const surface = surfaceAt(workspace, person, place)
  const placed = surface && placedAt(surface, actionId, blockId)
  if (!surface || !placed) return no(GONE)
  const entered = takeIn(ctx, person, surface, placed, value ?? null)
  if (entered === undefined) return no('That choice is not offered here.')
  if (placed.block.type === 'input' && !placed.block.dispatch_action) return { ok: true }
  const delivered = await ctx.deliver(
    interaction({
      type: 'block_actions',
      ...interactionHead(workspace, person),
      trigger_id: issueTrigger(workspace, person.slackId, place.kind === 'modal' ? viewId(surface) : null),
      ...containerOf(ctx, surface),
      ...(surface.kind === 'message'
        ? { response_url: ctx.responseUrls.issue(person.slackId, surface.channel.id, surface.message.ts) }
        : {}),
      state: { values: stateOf(surface.blocks, draftOf(surface, person)) },
      actions: [{ ...actionOf(placed, entered), action_ts: nextTs(workspace) }],
    }),
  )
  const failure = failureOf(delivered)
  const { url } = placed.element
  const link = placed.element.type === 'button' && url !== undefined ? { url } : {}
  return failure === undefined ? { ok: true, ...link } : { ...no(trouble(workspace, failure)), ...link }
}

/** Keeps what was entered; undefined when the element does not offer it. Overflow menus choose but keep nothing. */
function takeIn(ctx: ActContext, person: Person, surface: Surface, placed: Placed, value: Entered): StateValue | undefined {
  const { block, element } = placed
  if (element.type === 'overflow') {
    const option = element.options?.find((each) => each.value === value)
    return option && { type: 'overflow', selected_option: option }
  }
  if (!isStateful(element)) return { type: element.type }
  const entered = enter(element, value, ctx.workspace.offered.get(offeredKey(surface, placed)) ?? [])
  if (entered === undefined) return undefined
  const draft = draftOf(surface, person)
  draft[block.block_id] = { ...draft[block.block_id], [element.action_id]: entered }
  return entered
}

function actionOf({ block, element }: Placed, entered: StateValue) {
  const { type, action_id, text, value, style, url } = element
  const common = { action_id, block_id: block.block_id }
  if (type !== 'button') return { ...common, ...entered }
  return {
    type,
    ...common,
    text,
    ...(value === undefined ? {} : { value }),
    ...(style === undefined ? {} : { style }),
    ...(url === undefined ? {} : { url }),
  }
}

const viewId = (surface: Surface): string | null => (surface.kind === 'view' ? surface.view.id : null)

function containerOf({ workspace }: ActContext, surface: Surface) {
  if (surface.kind === 'view') return viewContainer(workspace, surface.view)
  const name = surface.channel.kind === 'direct' ? 'directmessage' : surface.channel.name
  return {
    ...messageContainer(workspace, surface.message, name),
    ...(surface.channel.externallyShared ? { is_ext_shared_channel: true } : {}),
  }
}

const suggested = z.union([
  z.object({ options: z.array(z.unknown()).max(0) }),
  z.object({ options: optionsSchema }),
  z.object({ option_groups: optionGroups }),
])

/** Asks the app what an external select offers for what has been typed. */
export async function suggest(
  ctx: ActContext,
  person: Person,
  ask: Press & { readonly query: string },
): Promise<Suggestions & ActOutcome> {
  const { workspace } = ctx
  const none = { options: [], optionGroups: [] }
  const surface = surfaceAt(workspace, person, ask.place)
  const placed = surface && placedAt(surface, ask.actionId, ask.blockId)
  if (!surface || placed?.element.type !== 'external_select') return { ...none, ...no(GONE) }
  const delivered = await ctx.deliver(
    interaction({
      type: 'block_suggestion',
      ...interactionHead(workspace, person),
      ...containerOf(ctx, surface),
      action_id: placed.element.action_id,
      block_id: placed.block.block_id,
      value: ask.query,
    }),
  )
  const failure = failureOf(delivered)
  if (failure !== undefined || !delivered.ok) return { ...none, ...no(trouble(workspace, failure ?? 'dispatch_failed')) }
  const parsed = suggested.safeParse(parseJson(delivered.body))
  if (!parsed.success) return { ...none, ...no(trouble(workspace, 'invalid_options')) }
  const options = ('options' in parsed.data ? parsed.data.options : []) as Option[]
  const groups = ('option_groups' in parsed.data ? parsed.data.option_groups : []) as OptionGroup[]
  const key = offeredKey(surface, placed)
  const before = workspace.offered.get(key) ?? []
  const fresh = [...options, ...groups.flatMap((group) => group.options)]
  // A choice made from an earlier answer stays valid while the view is open.
  workspace.offered.set(key, [...fresh, ...before.filter((old) => fresh.every((each) => each.value !== old.value))].slice(0, 500))
  return { ok: true, options, optionGroups: groups }
}
