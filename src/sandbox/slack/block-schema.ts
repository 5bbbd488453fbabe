// The blocks and elements that the simulated workspace knows, with Slack's limits, all in this file. Strict on purpose: a property or a length that
// Slack refuses is refused here. Lengths count Unicode code points. Rules that look beyond one block stand in `block-kit.ts`.
// Limits: Block Kit reference, as of @slack/types 3.2.

import { z } from 'zod'

export const LIMITS = { messageBlocks: 50, viewBlocks: 100, messageCharacters: 13_200, viewBytes: 250_000, tables: 1 } as const

const chars = (max: number, min = 1) =>
  z.string().superRefine((value, ctx) => {
    const length = [...value].length
    if (length > max) ctx.addIssue({ code: 'custom', message: `must be less than ${max + 1} characters` })
    if (length < min) ctx.addIssue({ code: 'custom', message: `must be more than ${min - 1} characters` })
  })
const id = chars(255)
const plain = (max: number) => z.strictObject({ type: z.literal('plain_text'), text: chars(max), emoji: z.boolean().optional() })
const mrkdwn = (max: number) => z.strictObject({ type: z.literal('mrkdwn'), text: chars(max), verbatim: z.boolean().optional() })
const either = (max: number) => z.discriminatedUnion('type', [plain(max), mrkdwn(max)])
const url = chars(3000).refine((value) => URL.canParse(value), 'invalid url')
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must match YYYY-MM-DD')
const confirm = z.strictObject({
  title: plain(100).optional(),
  text: either(300),
  confirm: plain(30).optional(),
  deny: plain(30).optional(),
  style: z.enum(['primary', 'danger']).optional(),
})
const option = z.strictObject({ text: either(75), value: chars(150), description: either(75).optional(), url: url.optional() })
export const options = z.array(option).min(1).max(100)
export const optionGroups = z
  .array(z.strictObject({ label: plain(75), options }))
  .min(1)
  .max(100)

const acting = { action_id: id.optional(), confirm: confirm.optional() }
const entering = { action_id: id.optional(), placeholder: plain(150).optional(), focus_on_load: z.boolean().optional() }
const dispatching = {
  dispatch_action_config: z
    .strictObject({
      trigger_actions_on: z
        .array(z.enum(['on_enter_pressed', 'on_character_entered']))
        .min(1)
        .max(2),
    })
    .optional(),
}
const elements = {
  button: z.strictObject({
    type: z.literal('button'),
    text: plain(75),
    ...acting,
    value: chars(2000).optional(),
    url: url.optional(),
    style: z.enum(['primary', 'danger']).optional(),
    accessibility_label: chars(75).optional(),
  }),
  overflow: z.strictObject({ type: z.literal('overflow'), ...acting, options: z.array(option).min(1).max(5) }),
  static_select: z
    .strictObject({
      type: z.literal('static_select'),
      ...entering,
      confirm: confirm.optional(),
      initial_option: option.optional(),
      options: options.optional(),
      option_groups: optionGroups.optional(),
    })
    .superRefine(offersOnce),
  multi_static_select: z
    .strictObject({
      type: z.literal('multi_static_select'),
      ...entering,
      confirm: confirm.optional(),
      initial_options: options.optional(),
      max_selected_items: z.int().min(1).optional(),
      options: options.optional(),
      option_groups: optionGroups.optional(),
    })
    .superRefine(offersOnce),
  external_select: z.strictObject({
    type: z.literal('external_select'),
    ...entering,
    confirm: confirm.optional(),
    initial_option: option.optional(),
    min_query_length: z.int().min(0).optional(),
  }),
  users_select: z.strictObject({
    type: z.literal('users_select'),
    ...entering,
    confirm: confirm.optional(),
    initial_user: id.optional(),
  }),
  radio_buttons: z
    .strictObject({
      type: z.literal('radio_buttons'),
      ...acting,
      focus_on_load: z.boolean().optional(),
      options: z.array(option).min(1).max(10),
      initial_option: option.optional(),
    })
    .superRefine(offersOnce),
  checkboxes: z
    .strictObject({
      type: z.literal('checkboxes'),
      ...acting,
      focus_on_load: z.boolean().optional(),
      options: z.array(option).min(1).max(10),
      initial_options: z.array(option).min(1).max(10).optional(),
    })
    .superRefine(offersOnce),
  datepicker: z.strictObject({
    type: z.literal('datepicker'),
    ...entering,
    confirm: confirm.optional(),
    initial_date: date.optional(),
  }),
  plain_text_input: z.strictObject({
    type: z.literal('plain_text_input'),
    ...entering,
    ...dispatching,
    multiline: z.boolean().optional(),
    initial_value: chars(3000, 0).optional(),
    min_length: z.int().min(0).max(3000).optional(),
    max_length: z.int().min(1).max(3000).optional(),
  }),
  number_input: z.strictObject({
    type: z.literal('number_input'),
    ...entering,
    ...dispatching,
    is_decimal_allowed: z.boolean(),
    initial_value: numeral().optional(),
    min_value: numeral().optional(),
    max_value: numeral().optional(),
  }),
  email_text_input: z.strictObject({
    type: z.literal('email_text_input'),
    ...entering,
    ...dispatching,
    initial_value: chars(3000).optional(),
  }),
  url_text_input: z.strictObject({
    type: z.literal('url_text_input'),
    ...entering,
    ...dispatching,
    initial_value: url.optional(),
  }),
}
const image = z.strictObject({ type: z.literal('image'), image_url: url, alt_text: chars(2000) })
const { button, overflow, static_select, external_select, users_select, radio_buttons, checkboxes, datepicker } = elements
const { multi_static_select, plain_text_input, number_input, email_text_input, url_text_input } = elements
const choosing = [static_select, external_select, users_select, radio_buttons, checkboxes, datepicker] as const

const style = z.strictObject({
  bold: z.boolean().optional(),
  italic: z.boolean().optional(),
  strike: z.boolean().optional(),
  code: z.boolean().optional(),
  underline: z.boolean().optional(),
})
const styled = { style: style.optional() }
const leaf = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().min(1, 'must be more than 0 characters'), ...styled }),
  z.strictObject({ type: z.literal('link'), url, text: z.string().optional(), unsafe: z.boolean().optional(), ...styled }),
  z.strictObject({ type: z.literal('user'), user_id: id, ...styled }),
  z.strictObject({ type: z.literal('channel'), channel_id: id, ...styled }),
  z.strictObject({ type: z.literal('usergroup'), usergroup_id: id, ...styled }),
  z.strictObject({ type: z.literal('emoji'), name: id, unicode: z.string().optional(), ...styled }),
  z.strictObject({ type: z.literal('broadcast'), range: z.enum(['here', 'channel', 'everyone']), ...styled }),
  z.strictObject({ type: z.literal('color'), value: id, ...styled }),
  z.strictObject({
    type: z.literal('date'),
    timestamp: z.int(),
    format: z.string().min(1),
    url: url.optional(),
    fallback: z.string().optional(),
    ...styled,
  }),
])
const border = { border: z.union([z.literal(0), z.literal(1)]).optional() }
const section = z.strictObject({ type: z.literal('rich_text_section'), elements: z.array(leaf) })
const richText = z.strictObject({
  type: z.literal('rich_text'),
  block_id: id.optional(),
  elements: z.array(
    z.discriminatedUnion('type', [
      section,
      z.strictObject({
        type: z.literal('rich_text_list'),
        style: z.enum(['bullet', 'ordered']),
        elements: z.array(section),
        ...border,
        indent: z.int().min(0).max(8).optional(),
        offset: z.int().min(0).optional(),
      }),
      z.strictObject({
        type: z.literal('rich_text_preformatted'),
        elements: z.array(leaf),
        ...border,
        language: z.string().optional(),
      }),
      z.strictObject({ type: z.literal('rich_text_quote'), elements: z.array(leaf), ...border }),
    ]),
  ),
})
const cell = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('raw_text'), text: z.string().min(1, 'must be more than 0 characters') }),
  richText,
])
const named = { block_id: id.optional() }
/** Any block, alone. */
export const block = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('section'),
      ...named,
      text: either(3000).optional(),
      fields: z.array(either(2000)).min(1).max(10).optional(),
      accessory: z.discriminatedUnion('type', [button, overflow, ...choosing, multi_static_select, image]).optional(),
      expand: z.boolean().optional(),
    })
    .refine((value) => value.text !== undefined || value.fields !== undefined, 'missing required field: text'),
  z.strictObject({ type: z.literal('header'), ...named, text: plain(150) }),
  z.strictObject({ type: z.literal('divider'), ...named }),
  z.strictObject({
    type: z.literal('context'),
    ...named,
    elements: z
      .array(z.discriminatedUnion('type', [image, plain(2000), mrkdwn(2000)]))
      .min(1)
      .max(10),
  }),
  z.strictObject({
    type: z.literal('actions'),
    ...named,
    elements: z
      .array(z.discriminatedUnion('type', [button, overflow, ...choosing]))
      .min(1)
      .max(25),
  }),
  z.strictObject({
    type: z.literal('input'),
    ...named,
    label: plain(2000),
    hint: plain(2000).optional(),
    optional: z.boolean().optional(),
    dispatch_action: z.boolean().optional(),
    element: z.discriminatedUnion('type', [
      ...choosing,
      multi_static_select,
      plain_text_input,
      number_input,
      email_text_input,
      url_text_input,
    ]),
  }),
  z.strictObject({ type: z.literal('image'), ...named, image_url: url, alt_text: chars(2000), title: plain(2000).optional() }),
  richText,
  z.strictObject({
    type: z.literal('table'),
    ...named,
    rows: z.array(z.array(cell).min(1).max(20)).min(1).max(100),
    column_settings: z
      .array(z.strictObject({ align: z.enum(['left', 'center', 'right']).optional(), is_wrapped: z.boolean().optional() }))
      .max(20)
      .optional(),
  }),
  z.strictObject({
    type: z.literal('alert'),
    ...named,
    text: either(200),
    level: z.enum(['default', 'info', 'warning', 'error', 'success']).optional(),
  }),
])

function offersOnce(
  value: { options?: unknown; option_groups?: unknown; initial_option?: unknown; initial_options?: unknown },
  ctx: z.RefinementCtx,
) {
  if ((value.options === undefined) === (value.option_groups === undefined))
    ctx.addIssue({ code: 'custom', message: 'must have exactly one of: options, option_groups' })
  const groups = (value.option_groups as { options: unknown[] }[] | undefined) ?? []
  const all = (value.options as unknown[] | undefined) ?? groups.flatMap((group) => group.options)
  const offered = all.map((each) => JSON.stringify(each))
  const chosen = [value.initial_option, ...((value.initial_options as unknown[] | undefined) ?? [])].filter(
    (each) => each !== undefined,
  )
  if (chosen.some((each) => !offered.includes(JSON.stringify(each))))
    ctx.addIssue({ code: 'custom', message: 'the initial option is not one of the options' })
}

function numeral() {
  return z.string().regex(/^-?\d+(\.\d+)?$/, 'must be a number')
}
