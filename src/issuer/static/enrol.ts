// The script of `/enrol`: makes a key and proves it in two touches, then shows its words; for an administrator, composes the directory's next change
// out of the ticked registrations and signs it.

import type { PasskeyKey } from '../../domain/keys.ts'
import { type Begun, sign } from './ceremony.ts'
import { signChange } from './change.ts'
import { startClock } from './clock.ts'
import type { EnrolFacts } from './facts.ts'
import { refresh } from './live.ts'
import { deviceOf, signOut } from './page.ts'
import { post } from './post.ts'
import { act, byId, onPress, Stopped, say } from './say.ts'
import { type CreationAsk, newKey } from './webauthn.ts'

type Creation = Begun & { readonly creation: CreationAsk }
type Made = { readonly id: string; readonly key: PasskeyKey; readonly thumbprint: string; readonly nonce: string }

let made: (Made & { readonly person: string; readonly realm: string; readonly rpId: string }) | undefined

const create = (button: HTMLElement) =>
  act(async (signal) => {
    const form = document.querySelector<HTMLFormElement>('#register')
    if (!form?.reportValidity()) return
    const data = new FormData(form)
    const person = String(data.get('person'))
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
  })

const prove = (button: HTMLElement) =>
  act(async (signal) => {
    if (!made) return
    const { person, realm, rpId, nonce, id, key, thumbprint } = made
    const signer = { person, passkey: thumbprint }
    const statement = { v: 1, realm, nonce, signer, kind: 'register', role: 'owner', decision: 'register', id, key } as const
    const signed = await sign(statement, { rpId, key: { id, thumbprint, transports: [] }, device: deviceOf(button), signal })
    const { words, provider } = await post<{ words: readonly string[]; provider?: string }>('/v1/statements', signed)
    byId('prove')?.setAttribute('hidden', '')
    const list = document.querySelector('#registered [data-words]')
    list?.replaceChildren(...words.map((word) => Object.assign(document.createElement('li'), { textContent: word })))
    if (provider !== undefined) {
      for (const place of document.querySelectorAll('#provider [data-provider]')) place.textContent = provider
      showStep('provider')
    }
    showStep('registered')
    say('Registered. Now compare the words.')
    await refresh(() => undefined)
  })

/** Leaves for the provider; what comes back from there is taken by a page of its own. */
const vouch = () =>
  act(async () => {
    const { location: at } = await post<{ location: string }>('/v1/provider/rounds', {})
    location.assign(at)
  })

/** Before a key is made: what the chosen person's keys must be. */
function showNeeds(): void {
  const chosen = document.querySelector<HTMLSelectElement>('#register select[name=person]')?.selectedOptions[0]?.dataset['needs']
  for (const each of document.querySelectorAll<HTMLElement>('#register [role=status] p'))
    each.hidden = each.dataset['needs'] !== chosen
}

function showStep(id: string): void {
  const step = byId(id)
  if (!step) return
  step.hidden = false
  step.scrollIntoView({ block: 'nearest' })
}

/** What the server rendered last, since the list of waiting keys is swapped while the page stays. */
const waitingFacts = (): EnrolFacts => JSON.parse(byId('waiting')?.dataset['facts'] ?? '{}') as EnrolFacts

const enrol = (button: HTMLElement) =>
  act(async (signal) => {
    const { registrations, next, person, realm, keys } = waitingFacts()
    const ticked = [...document.querySelectorAll<HTMLInputElement>('#waiting input[name=registration]:checked')]
    const passkeys = registrations.filter(({ passkey }) => ticked.some(({ value }) => value === passkey.thumbprint))
    if (!next || person === undefined || passkeys.length === 0)
      throw new Stopped('nothing', 'Tick the keys whose words you compared.')
    const change = { v: 1, realm, ...next, operation: 'enrol', passkeys } as const
    await signChange(change, { person, keys, button, near: byId('waiting'), signal })
    say(`Enrolled: ${passkeys.length === 1 ? 'one key' : `${passkeys.length} keys`}.`)
    await refresh(() => undefined)
  })

const reject = (button: HTMLElement) =>
  act(async () => {
    await post('/v1/registrations/reject', { thumbprint: button.dataset['passkey'] ?? '' })
    say('Turned down.')
    await refresh(() => undefined)
  })

onPress({ create, prove, vouch, enrol, reject, 'sign-out': () => signOut() })
document.querySelector('#register select[name=person]')?.addEventListener('change', showNeeds)
// A browser may bring back what was chosen before.
showNeeds()
document.querySelector('#register')?.addEventListener('submit', (event) => event.preventDefault())
startClock()
