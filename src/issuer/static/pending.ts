// The acts of the panel of a change that waits: sign the very change that it shows as the second, sign it anew at the next place, withdraw it.

import { type Signing, saidOf, signChange } from './change.ts'
import type { KeyFact, PendingFact } from './facts.ts'
import { refresh } from './live.ts'
import { post } from './post.ts'
import { act, byId, Stopped, say } from './say.ts'

type Facts = {
  readonly person?: string
  readonly keys: readonly KeyFact[]
  readonly next?: { readonly sequence: number; readonly previous: string }
  readonly pending?: PendingFact
}

/** The handlers of its buttons; `facts` are what the server rendered last. */
export function pendingActs(facts: () => Facts) {
  const sign = (button: HTMLElement, anew: boolean) =>
    act(async (signal) => {
      const { person, keys, next, pending } = facts()
      if (!pending || !next || person === undefined) throw new Stopped('nothing', 'Nothing waits any more. Reload the page.')
      const signing: Signing = { person, keys, button, near: byId('pending'), signal }
      const signed = await signChange(anew ? { ...pending.change, ...next } : pending.change, signing)
      await refresh(() => undefined)
      say(saidOf(signed, 'Signed by two. The change is made.'))
    })
  return {
    second: (button: HTMLElement) => sign(button, false),
    renew: (button: HTMLElement) => sign(button, true),
    withdraw: () =>
      act(async () => {
        await post('/v1/changes/withdraw', { digest: facts().pending?.digest ?? '' })
        await refresh(() => undefined)
        say('Withdrawn.')
      }),
  }
}
