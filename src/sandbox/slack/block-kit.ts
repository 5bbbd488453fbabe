// What Slack accepts as the blocks of a message or a view: the only door by which blocks enter the workspace, so that a message that works here works
// there. Answers have Slack's form. Kinds that Slack has and this workspace cannot show are refused with words that say so, never dropped in
// silence. The cap over a whole message (13,200 characters) is observed, not documented.

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { block, LIMITS } from './block-schema.ts'
import type { Block, Element, Option } from './wire.ts'

const NOT_SIMULATED = new Set(
  (
    'video file markdown card carousel container context_actions data_table data_visualization task_card plan rich_text_input timepicker ' +
    'datetimepicker file_input feedback_buttons icon_button workflow_button multi_external_select multi_users_select ' +
    'conversations_select multi_conversations_select channels_select multi_channels_select'
  ).split(' '),
)

export type Blocks =
  | { readonly ok: true; readonly blocks: Block[] }
  | { readonly ok: false; readonly error: string; readonly messages: string[] }

/** Checks blocks for one surface and gives every block and element its id. */
export function readBlocks(value: unknown, surface: 'message' | 'modal' | 'home', at = '/blocks'): Blocks {
  const most = surface === 'message' ? LIMITS.messageBlocks : LIMITS.viewBlocks
  const bad = (messages: string[], error = 'invalid_blocks') => ({ ok: false, error, messages }) as const
  const parsed = z.array(block).safeParse(value)
  if (!parsed.success) return bad(complaints(parsed.error, value, at))
  if (parsed.data.length > most) return bad([complaint(`no more than ${most} items allowed`, at)])
  const blocks = parsed.data.map(withIds)
  const ids = blocks.map((each) => each.block_id)
  const twice = ids.find((each, index) => ids.indexOf(each) !== index)
  if (twice !== undefined) return bad([complaint(`\`block_id\` "${twice}" already exists in another block`, at)])
  for (const [index, each] of blocks.entries()) {
    const actions = elementsOf(each).map((element) => element.action_id)
    const again = actions.find((action, place) => actions.indexOf(action) !== place)
    if (again !== undefined)
      return bad([complaint(`\`action_id\` "${again}" already exists for another element`, `${at}/${index}`)])
    if (each.type === 'alert' && surface !== 'modal') return bad([complaint('alert is allowed in modals only', `${at}/${index}`)])
  }
  if (blocks.filter((each) => each.type === 'table').length > LIMITS.tables) return bad([complaint('only one table allowed', at)])
  if (surface === 'message' && characters(blocks) > LIMITS.messageCharacters)
    return bad([complaint(`blocks hold more than ${LIMITS.messageCharacters} characters`, at)], 'msg_blocks_too_long')
  return { ok: true, blocks }
}

/** The elements of a block that a person can act on. */
export function elementsOf(block: Block): Element[] {
  const all = [block.accessory, block.element, ...(block.type === 'actions' ? (block.elements ?? []) : [])]
  return all.filter((each): each is Element => each !== undefined && 'action_id' in each)
}

/** All options that an element offers by itself. */
export function optionsOf(element: Element): readonly Option[] {
  return element.options ?? element.option_groups?.flatMap((group) => group.options) ?? []
}

/** A complaint in Slack's form. */
export const complaint = (message: string, pointer: string): string => `[ERROR] ${message} [json-pointer:${pointer}]`

/** What zod found, in Slack's form; a kind that Slack has and this workspace lacks is said to be so. */
export function complaints(error: z.ZodError, value: unknown, at: string): string[] {
  return error.issues.flatMap((issue) => {
    const pointer = [at, ...issue.path.map(String)].join('/')
    const given = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value)
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => complaint(`invalid additional property: ${key}`, pointer))
    if (issue.code === 'invalid_union') {
      const type = issue.path.at(-1) === 'type' ? given : (given as { type?: unknown } | undefined)?.type
      const why = NOT_SIMULATED.has(String(type))
        ? `Slack has "${type}", the simulated workspace has not`
        : `unsupported type: ${type}`
      return [complaint(why, pointer)]
    }
    if (given === undefined) return [complaint(`missing required field: ${String(issue.path.at(-1) ?? '')}`, pointer)]
    return [complaint(issue.message, pointer)]
  })
}

function withIds(parsed: z.infer<typeof block>): Block {
  const short = () => randomBytes(4).toString('base64url')
  const acting = (element: object) =>
    'type' in element && element.type !== 'image'
      ? { ...element, action_id: ('action_id' in element && element.action_id) || short() }
      : element
  return {
    ...parsed,
    block_id: parsed.block_id ?? short(),
    ...('accessory' in parsed && parsed.accessory ? { accessory: acting(parsed.accessory) } : {}),
    ...('element' in parsed ? { element: acting(parsed.element) } : {}),
    ...(parsed.type === 'actions' ? { elements: parsed.elements.map(acting) } : {}),
  } as Block
}

/** Characters that people read in a message: the texts, not the ids and values. */
function characters(part: unknown): number {
  if (Array.isArray(part)) return part.reduce<number>((sum, each) => sum + characters(each), 0)
  if (typeof part !== 'object' || part === null) return 0
  return Object.entries(part).reduce(
    (sum, [key, value]) => sum + (key === 'text' && typeof value === 'string' ? [...value].length : characters(value)),
    0,
  )
}
