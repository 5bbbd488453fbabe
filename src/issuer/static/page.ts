// What every page's script begins with: its facts, the keys of whoever signs, the choice of the key, sign-out.

import type { Begun, Device, OfferedKey } from './ceremony.ts'
import type { KeyFact } from './facts.ts'
import { post } from './post.ts'
import { act, Stopped } from './say.ts'

/** The facts in <main>, written by our own server. */
export function factsOf<T>(): T {
  return JSON.parse(document.querySelector('main')?.dataset['facts'] ?? '{}') as T
}

export const deviceOf = (button: HTMLElement): Device => (button.dataset['device'] === 'simulated' ? 'simulated' : 'computer')

/** The key that is to sign: the chosen one, or the last used one that the pressed button's device holds. */
export function chooseKey(begun: Begun, known: readonly KeyFact[], device: Device, near?: Element | null): OfferedKey {
  const chosen = near?.querySelector<HTMLSelectElement>('select[name=key]')?.value
  const isSimulated = (thumbprint: string) => known.find((key) => key.thumbprint === thumbprint)?.simulated ?? false
  const fitting = (begun.passkeys ?? []).filter(({ thumbprint }) => isSimulated(thumbprint) === (device === 'simulated'))
  const key = fitting.find(({ thumbprint }) => thumbprint === chosen) ?? fitting[0]
  if (key) return key
  throw new Stopped(
    'no_key',
    device === 'simulated'
      ? 'The simulated security key holds no key of this person.'
      : 'No key of this computer is enrolled for you. Register one under /enrol first.',
    // The page offered this because there was one.
    true,
  )
}

/** Signs out and shows the page as a stranger sees it. */
export const signOut = (): Promise<void> =>
  act(async () => {
    await post('/v1/sign-out', {})
    location.reload()
  })
