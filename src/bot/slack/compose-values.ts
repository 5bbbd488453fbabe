// What was put into the form: reads a submitted view, and puts problems beside the fields they belong to. Slack's state is parsed by a schema;
// values of other blocks than the chosen action's are left alone, because Slack keeps what was typed before the choice changed.

import { z } from 'zod'
import type { Asked, Problem } from '../../commands/judge-proposal.ts'
import { ID } from '../../domain/ids.ts'
import { refusalWords } from '../../domain/words.ts'
import { tidyReason } from './command-text.ts'
import { leaseBlock, parameterBlock } from './compose.ts'

const Value = z.object({
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
})
const Submitted = z.object({
  private_metadata: z.string(),
  state: z.object({ values: z.record(z.string(), z.record(z.string(), Value)) }),
})
const Kept = z.strictObject({
  id: z.string().regex(ID),
  after: z.strictObject({ id: z.string().regex(ID), how: z.enum(['again', 'same']) }).optional(),
})

export type Composed = z.infer<typeof Kept> & { readonly asked: Omit<Asked, 'person'> | undefined }

/** The ask in a view; `asked` is missing while no action is chosen. */
export function readComposed(view: unknown): Composed {
  const { private_metadata, state } = Submitted.parse(view)
  const kept = Kept.parse(JSON.parse(private_metadata))
  const only = (block: string): string | undefined => {
    const [input] = Object.values(state.values[block] ?? {})
    return input?.selected_option?.value ?? input?.value ?? undefined
  }
  const action = only('action')
  if (action === undefined) return { ...kept, asked: undefined }
  const prefix = parameterBlock(action, '')
  const parameters = Object.keys(state.values).flatMap((block) => {
    const value = block.startsWith(prefix) ? only(block) : undefined
    return value === undefined ? [] : [[block.slice(prefix.length), value] as const]
  })
  const lease = only(leaseBlock(action))
  return {
    ...kept,
    asked: {
      action,
      parameters: Object.fromEntries(parameters),
      reason: tidyReason(only('reason') ?? ''),
      leaseSeconds: lease === undefined ? undefined : Number(lease),
    },
  }
}

/** Problems by the block Slack shows them under; undefined when one of them belongs to no field. */
export function errorsOf(action: string, problems: readonly Problem[]): Record<string, string> | undefined {
  const errors: Record<string, string> = {}
  for (const { at, refusal } of problems) {
    if (at === 'whole') return undefined
    const block = at.startsWith('parameter:')
      ? parameterBlock(action, at.slice('parameter:'.length))
      : at === 'lease'
        ? leaseBlock(action)
        : at
    errors[block] ??= refusalWords(refusal)
  }
  return errors
}
