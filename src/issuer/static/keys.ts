// The script of `/keys`: an administrator ticks keys and signs what becomes of them, or signs the recovery of a database that was put back.

import { signChange } from './change.ts'
import { startClock } from './clock.ts'
import type { KeysFacts } from './facts.ts'
import { refresh } from './live.ts'
import { signOut } from './page.ts'
import { act, byId, onPress, Stopped, say } from './say.ts'

/** What the server rendered last, since the list is swapped while the page stays. */
const listFacts = (): KeysFacts => JSON.parse(byId('keys')?.dataset['facts'] ?? '{}') as KeysFacts

onPress({
  change: (button) =>
    act(async (signal) => {
      const { person, keys, next, realm } = listFacts()
      const passkeys = [...document.querySelectorAll<HTMLInputElement>('input[name=passkey]:checked')].map(({ value }) => value)
      const operation = document.querySelector<HTMLInputElement>('input[name=operation]:checked')?.value
      if (passkeys.length === 0 || operation === undefined) throw new Stopped('nothing', 'Tick the keys to change.')
      await signChange({ v: 1, realm, ...next, operation, passkeys }, { person, keys, button, near: byId('change'), signal })
      say('Signed. The keys are changed.')
      await refresh(() => undefined)
    }),
  recover: (button) =>
    act(async (signal) => {
      const { person, keys, next, realm, lost } = listFacts()
      if (!lost) throw new Stopped('nothing', 'There is nothing to recover any more. Reload the page.')
      const signing = { person, keys, button, near: byId('recovery'), signal }
      await signChange({ v: 1, realm, ...next, operation: 'recover', lost }, signing)
      say('Signed. Credentials are issued again.')
      await refresh(() => undefined)
    }),
  'sign-out': () => signOut(),
})
startClock()
