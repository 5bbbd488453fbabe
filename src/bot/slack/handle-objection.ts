// Why somebody objected. The objection itself is one press and counts at once; its words follow in a form of their own, for who wants to give them.

import type { App, BlockAction, ButtonAction, types } from '@slack/bolt'
import { z } from 'zod'
import { explainObjection } from '../../commands/explain-objection.ts'
import { REASON_LENGTH } from '../../commands/judge-proposal.ts'
import { refusalWords } from '../../domain/words.ts'
import { plain } from './blocks.ts'
import { tidyReason } from './command-text.ts'
import { openView } from './open-form.ts'
import { wayIn } from './say-no.ts'
import type { SlackSide } from './side.ts'

export const EXPLAIN_BUTTON = 'objection.explain'
const EXPLAIN = 'objection.explained'

const Wish = z.uuid()
const Submitted = z.object({
  private_metadata: Wish,
  state: z.object({ values: z.object({ why: z.record(z.string(), z.object({ value: z.string().nullish() })) }) }),
})

export function handleObjection(bolt: App, side: SlackSide): void {
  bolt.action<BlockAction<ButtonAction>>({ action_id: EXPLAIN_BUTTON, type: 'block_actions' }, async ({ body, action, ack }) => {
    await ack()
    const wish = Wish.safeParse(action.value)
    if (!wish.success) return
    const from = { ...(body as unknown as Record<string, unknown>), user_id: body.user.id }
    await openView(side, from, body.trigger_id, explainView(wish.data, side.publicUrl))
  })

  bolt.view(EXPLAIN, async ({ body, view, ack }) => {
    const admitted = await side.gate.admit({ team: body.user.team_id ?? body.team?.id ?? '', user: body.user.id })
    if (!admitted.ok) return ack({ response_action: 'update', view: side.no.view('Not possible', admitted.words) })
    const { private_metadata: wish, state } = Submitted.parse(view)
    const why = tidyReason(Object.values(state.values.why)[0]?.value ?? '')
    const kept = await explainObjection(side.ctx, { wish, person: admitted.person.id, why })
    if (kept.ok) return ack()
    const words = refusalWords(kept.refusal)
    if (kept.refusal.reason === 'bad_reason') return ack({ response_action: 'errors', errors: { why: words } })
    return ack({ response_action: 'update', view: side.no.view('Not possible', words) })
  })
}

/** The form for the words. */
export const explainView = (wish: string, publicUrl: string): types.View => ({
  type: 'modal',
  callback_id: EXPLAIN,
  private_metadata: wish,
  title: { type: 'plain_text', text: 'Say why' },
  close: { type: 'plain_text', text: 'Close' },
  submit: { type: 'plain_text', text: 'Tell them' },
  blocks: [
    {
      type: 'input',
      block_id: 'why',
      label: plain('Why do you object?', 2000),
      hint: plain('Everybody who sees the request reads this. The objection holds it already.', 2000),
      element: {
        type: 'plain_text_input',
        action_id: 'value',
        multiline: true,
        min_length: REASON_LENGTH.min,
        max_length: REASON_LENGTH.max,
      },
    },
    wayIn(publicUrl),
  ],
})
