// The script of `/enrol`: a key is made and proved, its words are shown until it is enrolled, and then a second one is asked for; for an administrator,
// composes the directory's next change out of the ticked registrations and signs it.

import { saidOf, signChange } from './change.ts'
import { startClock } from './clock.ts'
import type { EnrolFacts } from './facts.ts'
import { refresh } from './live.ts'
import { signOut } from './page.ts'
import { pendingActs } from './pending.ts'
import { get, post } from './post.ts'
import { registerActs, showStep } from './register.ts'
import { act, byId, onPress, Stopped, say, whenStale } from './say.ts'

const LOOK_MS = 4_000

const register = registerActs(
  (form) => String(form.get('person')),
  async ({ thumbprint, provider }) => {
    if (provider !== undefined) {
      for (const place of document.querySelectorAll('#provider [data-provider]')) place.textContent = provider
      showStep('provider')
    }
    const looking = setInterval(() => void look(thumbprint, () => clearInterval(looking)), LOOK_MS)
    await refresh(() => undefined)
    say('Registered. Now compare the words.')
  },
)

const GONE = ['gone', 'Your key waits no longer.'] as const
const BECAME: { readonly [state: string]: readonly [step: string, words: string] } = {
  enrolled: ['enrolled', 'Your key is enrolled.'],
  turned_down: ['turned-down', 'Your key was turned down.'],
}

/** Whether it has been enrolled meanwhile; then a second key is asked for at once. */
async function look(thumbprint: string, done: () => void): Promise<void> {
  const { state } = await get<{ state: string }>(`/v1/registrations/${thumbprint}`).catch(() => ({ state: 'waits' }))
  if (state === 'waits') return
  done()
  byId('registered')?.setAttribute('hidden', '')
  const [step, words] = BECAME[state] ?? GONE
  showStep(step)
  say(words)
}

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
    const signed = await signChange(change, { person, keys, button, near: byId('enrol'), signal })
    await refresh(() => undefined)
    say(saidOf(signed, `Enrolled: ${passkeys.length === 1 ? 'one key' : `${passkeys.length} keys`}.`))
  })

const reject = (button: HTMLElement) =>
  act(async () => {
    await post('/v1/registrations/reject', { thumbprint: button.dataset['passkey'] ?? '' })
    await refresh(() => undefined)
    say('Turned down.')
  })

/** Ticks all of a kind that are not ticked, or none when all are. */
function tick({ dataset: { tier = '' } }: HTMLElement): void {
  const boxes = [...document.querySelectorAll<HTMLInputElement>(`#waiting input[name=registration][data-tier="${tier}"]`)]
  const all = boxes.every(({ checked }) => checked)
  for (const box of boxes) box.checked = !all
  say(all ? 'None of them is ticked.' : `Ticked: ${boxes.length}.`)
}

onPress({ ...register, ...pendingActs(waitingFacts), vouch, enrol, reject, tick, 'sign-out': () => signOut() })
document.querySelector('#register select[name=person]')?.addEventListener('change', showNeeds)
// A browser may bring back what was chosen before.
showNeeds()
document.querySelector('#register')?.addEventListener('submit', (event) => event.preventDefault())
/** Ticks that a fresh list did not keep. */
function sayUnticked(): void {
  const keys = document.querySelectorAll('#waiting [data-unticked]:not([hidden])').length
  if (keys > 0)
    say(`No longer ticked: ${keys === 1 ? 'one key, which is' : `${keys} keys, which are`} enrolled for something else by now.`)
}
// What was ticked is still what was compared, and what it gives: a box is found again by its key.
whenStale(() => refresh(sayUnticked, true))
startClock()
