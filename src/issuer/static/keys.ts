// The script of `/keys`: composes each change out of what stands there and has it signed: by the owner for his own keys, by an administrator for those of
// others, for roles, for the rules, for a provider, or for the recovery of a database that was put back.

import { type Signing, saidOf, signChange, signLift } from './change.ts'
import { startClock } from './clock.ts'
import type { KeysFacts } from './facts.ts'
import { startFilter } from './filter.ts'
import { refresh } from './live.ts'
import { signOut } from './page.ts'
import { pendingActs } from './pending.ts'
import { registerActs, stepTo } from './register.ts'
import { act, byId, onPress, Stopped, say, whenStale } from './say.ts'

/** What the server rendered last, since the list is swapped while the page stays. */
const facts = (): KeysFacts => JSON.parse(byId('keys')?.dataset['facts'] ?? '{}') as KeysFacts

const ticked = (name: string): string[] =>
  [...document.querySelectorAll<HTMLInputElement>(`#keys input[name="${name}"]:checked`)].map(({ value }) => value)
const chosen = (name: string): string => document.querySelector<HTMLSelectElement>(`#role select[name="${name}"]`)?.value ?? ''

type Body = { readonly operation: string } & Readonly<Record<string, unknown>>
type How = { readonly near: string; readonly role?: Signing['role'] & string; readonly done: string }

/** Signs one change after what the list shows. `compose` reads it off the page. */
const signs =
  (compose: (facts: KeysFacts) => Body, { near, role = 'administrator', done }: How) =>
  (button: HTMLElement) =>
    act(async (signal) => {
      const known = facts()
      const { person, keys, next, realm } = known
      const change = { v: 1, realm, ...next, ...compose(known) }
      const signed = await signChange(change, { person, keys, button, near: byId(near), signal, role })
      await refresh(() => undefined)
      say(saidOf(signed, done))
    })

function some(name: string, words: string): string[] {
  const values = ticked(name)
  if (values.length === 0) throw new Stopped('nothing', words)
  return values
}

const change = ({ name, operation }: { readonly name: string; readonly operation: string }) => {
  const passkeys = some(name, 'Tick the keys to change.')
  return { operation: ticked(operation)[0] ?? 'suspend', passkeys }
}

function addition({ waiting }: KeysFacts): Body {
  const [thumbprint] = some('add', 'Choose the key whose words are yours.')
  const found = waiting.find(({ passkey }) => passkey.thumbprint === thumbprint)
  if (!found) throw new Stopped('nothing', 'This key no longer waits. Reload the page.')
  return { operation: 'add', passkey: found.passkey, registration: found.registration }
}

function roleChange(): Body {
  const person = chosen('person')
  if (person === '') throw new Stopped('nothing', 'Choose whose role it is.')
  const effect = ticked('effect')[0] ?? 'grant'
  const shown = [...document.querySelectorAll<HTMLInputElement>('#role .vouched:not([hidden]) input:checked')]
  return {
    operation: 'role',
    person,
    role: chosen('role'),
    effect,
    passkeys: effect === 'grant' ? shown.map(({ value }) => value) : [],
  }
}

/** Whom a role can be given to or taken from, and the keys of the chosen person that may not serve one yet. */
function fitRole(): void {
  const grants = ticked('effect')[0] !== 'withdraw'
  const self = document.querySelector<HTMLOptionElement>('#role [data-self]')
  if (self) {
    // Nobody signs for a role of his own, but everybody can give one up.
    if (grants && self.selected) self.selected = false
    self.disabled = grants
    self.hidden = grants
  }
  for (const each of document.querySelectorAll<HTMLElement>('#role .vouched'))
    each.hidden = !grants || each.dataset['person'] !== chosen('person')
}

const CHANGED = 'Signed. The keys are changed.'
onPress({
  ...registerActs(
    () => facts().person,
    async () => {
      await refresh(() => undefined)
      stepTo(byId('own-waiting'))
      say('Now sign for it with a key that you have.')
    },
  ),
  ...pendingActs(facts),
  add: signs(addition, { near: 'own-waiting', role: 'owner', done: 'Added. It is one of your keys now.' }),
  release: (button) =>
    act(async (signal) => {
      const [passkey = ''] = some('release', 'Choose the key that is yours.')
      const { person, keys } = facts()
      await signLift(passkey, { person, keys, button, near: byId('held'), signal })
      await refresh(() => undefined)
      say('Released. The key signs again.')
    }),
  stop: signs(() => change({ name: 'own', operation: 'own-operation' }), { near: 'own', role: 'owner', done: CHANGED }),
  change: signs(() => change({ name: 'passkey', operation: 'operation' }), { near: 'change', done: CHANGED }),
  role: signs(roleChange, { near: 'role', done: 'Signed. The role is changed.' }),
  endorse: signs(({ ruleSet }) => ({ operation: 'endorse', rule_set: ruleSet }), {
    near: 'endorse',
    done: 'Signed. Nobody waits.',
  }),
  provider: signs(({ provider }) => ({ operation: 'provider', ...provider }), { near: 'admitted', done: 'Signed.' }),
  recover: signs(
    ({ lost }) => {
      if (!lost) throw new Stopped('nothing', 'There is nothing to recover any more. Reload the page.')
      return { operation: 'recover', lost }
    },
    { near: 'recovery', done: 'Signed. Credentials are issued again.' },
  ),
  'sign-out': () => signOut(),
})
document.addEventListener('change', fitRole)
startFilter()
// A form is signed by its button, and never sent; only the box that looks for words is.
document.addEventListener('submit', (event) => {
  if (event.target instanceof Element && !event.target.matches('[role=search]')) event.preventDefault()
})
// What was ticked is still what was compared: a box is found again by its key.
whenStale(() => refresh(fitRole, true))
startClock()
