// Makes a key and proves it, in two touches, and shows its words; for a first key on `/enrol` and for a further one on `/keys`.

import type { PasskeyKey } from '../../domain/keys.ts'
import { type Begun, sign } from './ceremony.ts'
import { type CreationAsk, newKey } from './new-key.ts'
import { deviceOf } from './page.ts'
import { post } from './post.ts'
import { act, byId, say } from './say.ts'

type Creation = Begun & { readonly creation: CreationAsk }
type Made = { readonly id: string; readonly key: PasskeyKey; readonly thumbprint: string; readonly nonce: string }
export type Proved = { readonly thumbprint: string; readonly words: readonly string[]; readonly provider?: string }

let made: (Made & { readonly person: string; readonly realm: string; readonly rpId: string }) | undefined

/** The handlers of the two buttons; `whose` reads whom the key is for out of the form. */
export function registerActs(whose: (form: FormData) => string, proved: (proof: Proved) => Promise<void>) {
  return {
    create: (button: HTMLElement) =>
      act(async (signal) => {
        const form = document.querySelector<HTMLFormElement>('#register')
        if (!form?.reportValidity()) return
        const data = new FormData(form)
        const person = whose(data)
        const nickname = String(data.get('nickname')).trim()
        const { realm, nonce, rpId, creation } = await post<Creation>('/v1/ceremonies', { purpose: 'register', person })
        const attestation =
          deviceOf(button) === 'simulated'
            ? await post('/sandbox/key/create', { person, challenge: creation.challenge, userHandle: creation.user.id })
            : await newKey(creation, signal)
        made = { ...(await post<Made>('/v1/registrations', { person, nickname, nonce, attestation })), person, realm, rpId }
        form.hidden = true
        showStep('prove')
        say('The key is made. One more touch.')
      }),
    prove: (button: HTMLElement) =>
      act(async (signal) => {
        if (!made) return
        const { person, realm, rpId, nonce, id, key, thumbprint } = made
        const signer = { person, passkey: thumbprint }
        const statement = { v: 1, realm, nonce, signer, kind: 'register', role: 'owner', decision: 'register', id, key } as const
        const signed = await sign(statement, { rpId, key: { id, thumbprint, transports: [] }, device: deviceOf(button), signal })
        const proof = await post<Omit<Proved, 'thumbprint'>>('/v1/statements', signed)
        byId('prove')?.setAttribute('hidden', '')
        const list = document.querySelector('#registered [data-words]')
        list?.replaceChildren(...proof.words.map((word) => Object.assign(document.createElement('li'), { textContent: word })))
        showStep('registered')
        await proved({ ...proof, thumbprint })
      }),
  }
}

/** Shows a step that was hidden. Whose focus went with what was hidden before it goes on there. */
export function showStep(id: string): void {
  const step = byId(id)
  if (!step) return
  step.hidden = false
  if (document.activeElement?.checkVisibility() === true && document.activeElement !== document.body)
    step.scrollIntoView({ block: 'nearest' })
  else stepTo(step)
}

/** Goes on at a step: its heading is read, and what is to be pressed comes next. */
export function stepTo(step: HTMLElement | null): void {
  const heading = step?.querySelector<HTMLElement>('h3')
  if (heading) heading.tabIndex = -1
  heading?.focus()
  step?.scrollIntoView({ block: 'nearest' })
}
