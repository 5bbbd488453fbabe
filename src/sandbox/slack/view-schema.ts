// What Slack accepts as a view: a modal or an app's home. Blocks are read by `block-kit.ts`; here stand the fields around them and the sizes.

import { z } from 'zod'
import { complaint, complaints, readBlocks } from './block-kit.ts'
import { LIMITS } from './block-schema.ts'
import type { Block, TextObject } from './wire.ts'

const label = z.strictObject({
  type: z.literal('plain_text'),
  text: z.string().refine((value) => [...value].length >= 1 && [...value].length <= 24, 'must be less than 25 characters'),
  emoji: z.boolean().optional(),
})
const around = {
  blocks: z.array(z.unknown()),
  private_metadata: z.string().max(3000, 'must be less than 3001 characters').optional(),
  callback_id: z.string().max(255, 'must be less than 256 characters').optional(),
  external_id: z.string().max(255, 'must be less than 256 characters').optional(),
}
const modal = z.strictObject({
  type: z.literal('modal'),
  ...around,
  title: label,
  submit: label.optional(),
  close: label.optional(),
  clear_on_close: z.boolean().optional(),
  notify_on_close: z.boolean().optional(),
  submit_disabled: z.boolean().optional(),
})
const home = z.strictObject({ type: z.literal('home'), ...around })

export interface ReadView {
  readonly kind: 'modal' | 'home'
  readonly blocks: Block[]
  readonly title: TextObject | null
  readonly submit: TextObject | null
  readonly close: TextObject | null
  readonly privateMetadata: string
  readonly callbackId: string
  readonly externalId: string
  readonly clearOnClose: boolean
  readonly notifyOnClose: boolean
}
export type ViewResult =
  | { readonly ok: true; readonly view: ReadView }
  | { readonly ok: false; readonly error: string; readonly messages: string[] }

/** Checks one view; a wrong one is `invalid_arguments`, one that is too large `view_too_large`. */
export function readView(value: unknown, kind: 'modal' | 'home'): ViewResult {
  const bad = (messages: string[], error = 'invalid_arguments') => ({ ok: false, error, messages }) as const
  if (JSON.stringify(value ?? null).length > LIMITS.viewBytes) return bad([], 'view_too_large')
  const parsed = kind === 'modal' ? modal.safeParse(value) : home.safeParse(value)
  if (!parsed.success) return bad(complaints(parsed.error, value, '/view'))
  const { blocks: raw, private_metadata, callback_id, external_id } = parsed.data
  const read = readBlocks(raw, kind, '/view/blocks')
  if (!read.ok) return bad(read.messages)
  const modalData = parsed.data.type === 'modal' ? parsed.data : undefined
  if (modalData && !modalData.submit && read.blocks.some((block) => block.type === 'input'))
    return bad([complaint('missing required field: submit', '/view')])
  return {
    ok: true,
    view: {
      ...({ kind, blocks: read.blocks, title: modalData?.title ?? null, submit: modalData?.submit ?? null } as const),
      close: modalData?.close ?? null,
      privateMetadata: private_metadata ?? '',
      callbackId: callback_id ?? '',
      externalId: external_id ?? '',
      clearOnClose: modalData?.clear_on_close ?? false,
      notifyOnClose: modalData?.notify_on_close ?? false,
    } as ReadView,
  }
}
