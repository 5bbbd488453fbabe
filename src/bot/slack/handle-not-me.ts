// "This was not me": the button holds which change or which key that waits, and nothing else; who pressed is known by the account, and what may be held is
// decided by the issuer. It takes no key, because it can only stop.

import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import type { Doubted } from '../../commands/make-wish.ts'
import { digest } from '../../domain/ids.ts'
import { read } from '../../domain/shape.ts'
import { refusalWords } from '../../domain/words.ts'
import { wishAndWait } from '../wishes.ts'
import { NOT_ME } from './render-change.ts'
import { say, tellOne } from './say.ts'
import type { SlackSide } from './side.ts'

export function handleNotMe(bolt: App, side: SlackSide): void {
  bolt.action<BlockAction<ButtonAction>>({ action_id: NOT_ME, type: 'block_actions' }, async ({ body, action, ack }) => {
    await ack()
    const from = body as unknown as Record<string, unknown>
    const answer = (message: ReturnType<typeof say>) => tellOne(side, from, body.user.id, message)
    const admitted = await side.gate.admit({ team: body.user.team_id ?? body.team?.id ?? '', user: body.user.id })
    if (!admitted.ok) return answer(side.no.message(admitted.words))
    const about = readDoubted(action.value ?? '')
    if (!about) return answer(side.no.message(refusalWords({ reason: 'unknown_change' })))
    const came = await wishAndWait(side.ctx, { kind: 'not_me', person: admitted.person.id, about })
    return answer(came.ok ? say(came.words) : side.no.message(came.words))
  })
}

/** What a button's value names; undefined when it names nothing of ours. */
export function readDoubted(value: string): Doubted | undefined {
  const [, era, sequence] = /^change\/(?:([1-9][0-9]{0,3})\/)?([1-9][0-9]{0,6})$/.exec(value) ?? []
  if (sequence !== undefined) return { sequence: Number(sequence), ...(era !== undefined && { era: Number(era) }) }
  const [, thumbprint] = /^registration\/(.+)$/.exec(value) ?? []
  const form = read(digest, thumbprint)
  return form.ok ? { registration: form.value } : undefined
}
