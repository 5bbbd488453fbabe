// What Slack takes: our own check of blocks before each send, because Slack answers a violation with a bare `invalid_blocks` when it is too late to
// say less. Only the kinds we make are known; an unknown one is a problem, never passed. Lengths count code points (Block Kit reference). The cap on
// a whole message is ours: Slack refuses somewhere above 13,200 characters, without documenting it.

export type Surface = 'message' | 'modal' | 'home'
export type LimitFault = { readonly fault: 'block_kit_limit'; readonly problems: readonly string[] }

const BLOCKS: Readonly<Record<Surface, number>> = { message: 50, modal: 100, home: 100 }
const MESSAGE_CHARACTERS = 10_000
const MESSAGE_TEXT = 4000
const VIEW_BYTES = 250_000
const METADATA = 3000

/** Largest lengths by `kind.member`; a member with a text object counts its text. */
const LENGTHS: Readonly<Record<string, number>> = {
  'header.text': 150,
  'section.text': 3000,
  'context.text': 2000,
  'input.label': 2000,
  'input.hint': 2000,
  'button.text': 75,
  'button.value': 2000,
  'button.url': 3000,
  'option.text': 75,
  'option.value': 150,
  'option.description': 75,
  'option_group.label': 75,
  'select.placeholder': 150,
  'confirm.title': 100,
  'confirm.text': 300,
  'confirm.confirm': 30,
  'confirm.deny': 30,
}
const COUNTS: Readonly<Record<string, number>> = { actions: 25, context: 10, options: 100, option_groups: 100, radio_buttons: 10 }
const KINDS = new Set(['header', 'section', 'context', 'actions', 'input', 'divider', 'rich_text'])
const INPUTS = new Set(['plain_text_input', 'number_input', 'static_select', 'radio_buttons'])

type Thing = { readonly [member: string]: unknown }
const isThing = (value: unknown): value is Thing => typeof value === 'object' && value !== null && !Array.isArray(value)
const things = (value: unknown): readonly Thing[] => (Array.isArray(value) ? value.filter(isThing) : [])
const length = (text: string): number => [...text].length

/** Every limit that blocks break, with the place; empty when Slack will take them. */
export function findLimits(blocks: readonly unknown[], surface: Surface): string[] {
  const problems: string[] = []
  if (blocks.length > BLOCKS[surface]) problems.push(`${blocks.length} blocks; at most ${BLOCKS[surface]} in a ${surface}`)
  problems.push(...things(blocks).flatMap((block, index) => blockProblems(block, `blocks/${index}`)))
  const characters = textIn(blocks)
  if (surface === 'message' && characters > MESSAGE_CHARACTERS)
    problems.push(`${characters} characters in the message; at most ${MESSAGE_CHARACTERS}`)
  return problems
}

/** The same for a message with its text, which must also fit an update. */
export const findMessageLimits = (message: { readonly text: string; readonly blocks: readonly unknown[] }): string[] => [
  ...(length(message.text) > MESSAGE_TEXT ? [`text of ${length(message.text)} characters; at most ${MESSAGE_TEXT}`] : []),
  ...(message.text === '' ? ['text is empty'] : []),
  ...findLimits(message.blocks, 'message'),
]

/** The same for a modal or a Home tab. */
export function findViewLimits(of: object): string[] {
  const view = of as Thing
  const surface = view['type'] === 'home' ? 'home' : 'modal'
  const problems = findLimits(Array.isArray(view['blocks']) ? view['blocks'] : [], surface)
  for (const member of ['title', 'submit', 'close']) check(problems, `view/${member}`, view[member], 24)
  check(problems, 'view/private_metadata', view['private_metadata'], METADATA)
  check(problems, 'view/callback_id', view['callback_id'], 255)
  const bytes = Buffer.byteLength(JSON.stringify(view))
  if (bytes > VIEW_BYTES) problems.push(`view of ${bytes} bytes; at most ${VIEW_BYTES}`)
  return problems
}

function blockProblems(block: Thing, path: string): string[] {
  const problems: string[] = []
  const kind = String(block['type'])
  if (!KINDS.has(kind)) return [`${path}: ${kind} is a kind that is never sent`]
  check(problems, `${path}/block_id`, block['block_id'], 255)
  for (const member of ['text', 'label', 'hint']) measure(problems, `${path}/${member}`, block[member], `${kind}.${member}`)
  const elements = kind === 'rich_text' ? [] : [...things(block['elements']), ...things([block['element'], block['accessory']])]
  const most = COUNTS[kind]
  if (most !== undefined && elements.length > most) problems.push(`${path}: ${elements.length} elements; at most ${most}`)
  if ((kind === 'actions' || kind === 'context' || kind === 'rich_text') && things(block['elements']).length === 0)
    problems.push(`${path}: no elements`)
  return [...problems, ...elements.flatMap((element, index) => elementProblems(element, `${path}/elements/${index}`, kind))]
}

function elementProblems(element: Thing, path: string, block: string): string[] {
  const problems: string[] = []
  const kind = String(element['type'])
  check(problems, `${path}/action_id`, element['action_id'], 255)
  if (block === 'context') measure(problems, path, element, 'context.text')
  else if (kind === 'button') {
    for (const member of ['text', 'value', 'url']) measure(problems, `${path}/${member}`, element[member], `button.${member}`)
  } else if (!INPUTS.has(kind)) problems.push(`${path}: ${kind} is a kind that is never sent`)
  measure(problems, `${path}/placeholder`, element['placeholder'], 'select.placeholder')
  for (const member of ['title', 'text', 'confirm', 'deny'])
    measure(
      problems,
      `${path}/confirm/${member}`,
      isThing(element['confirm']) ? element['confirm'][member] : undefined,
      `confirm.${member}`,
    )
  for (const list of ['options', 'option_groups']) {
    const items = things(element[list])
    const most = COUNTS[kind] ?? COUNTS[list] ?? 0
    if (element[list] !== undefined && (items.length === 0 || items.length > most))
      problems.push(`${path}/${list}: ${items.length} of them; from 1 to ${most}`)
    problems.push(...items.flatMap((item, index) => optionProblems(item, `${path}/${list}/${index}`)))
  }
  return problems
}

function optionProblems(option: Thing, path: string): string[] {
  const problems: string[] = []
  for (const member of ['text', 'value', 'description'])
    measure(problems, `${path}/${member}`, option[member], `option.${member}`)
  measure(problems, `${path}/label`, option['label'], 'option_group.label')
  const inner = option['options']
  if (inner === undefined) return problems
  const items = things(inner)
  if (items.length === 0 || items.length > 100) problems.push(`${path}/options: ${items.length} of them; from 1 to 100`)
  return [...problems, ...items.flatMap((item, index) => optionProblems(item, `${path}/options/${index}`))]
}

function measure(problems: string[], path: string, value: unknown, limit: string): void {
  const most = LENGTHS[limit]
  if (value === undefined) return
  if (most === undefined) problems.push(`${path}: no limit is known for ${limit}`)
  else check(problems, path, value, most)
}

function check(problems: string[], path: string, value: unknown, most: number): void {
  if (value === undefined) return
  const text = isThing(value) ? value['text'] : value
  if (typeof text !== 'string' || text === '') problems.push(`${path}: no text`)
  else if (length(text) > most) problems.push(`${path}: ${length(text)} characters; at most ${most}`)
}

/** All characters that a reader or Slack's own count sees. */
function textIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + textIn(each), 0)
  if (!isThing(value)) return 0
  return Object.entries(value).reduce((sum, [member, each]) => {
    return sum + (typeof each === 'string' ? (member === 'text' ? length(each) : 0) : textIn(each))
  }, 0)
}
