// The script of a request's page: computes for itself what the page is about, signs what the person presses, waits, and shows the credential that
// was sealed to this browser. It knows no state of its own but its keys and what it has opened; the server's page says everything else.

import { encodeBase64url } from '../../domain/base64url.ts'
import { commitmentBytes, type Opening } from '../../domain/commitment.ts'
import { checkCode } from '../../domain/ids.ts'
import type { Statement } from '../../domain/statement.ts'
import { type Begun, begin, randomText, type Signing, sha256, sign } from './ceremony.ts'
import { claim, giveBack } from './claim.ts'
import { startClock } from './clock.ts'
import { copyCredential, showCredential, toggleCredential, wantedNumber } from './credential.ts'
import type { RequestFacts } from './facts.ts'
import { follow } from './line.ts'
import { refresh } from './live.ts'
import { chooseKey, deviceOf, factsOf, signOut } from './page.ts'
import { findPlace, makePlace, type Place } from './place.ts'
import { post } from './post.ts'
import { act, byId, onPress, Stopped, say, warn, whenAway, whenStale } from './say.ts'
import { choosePlace, chosenPlace, findTerminal, foundTerminal } from './terminal.ts'
import { countTicked, digestShown, mixedWords, type Told, tickedOnes } from './twins.ts'
import { hindranceHere } from './webauthn.ts'

const facts = factsOf<RequestFacts>()
const digest = (await digestShown(byId('document'))) ?? ''
/** Where the server says how to go on in another browser. */
const ELSEWHERE = '?browser=other'
/** How often this browser would not even open its window: the second time is no accident. */
let blocked = 0
let place: Place | undefined
let secret: string | undefined

/** Signs a statement about this request with the key that the pressed button stands for, and posts it. */
async function tap(
  button: HTMLElement,
  purpose: 'request' | 'decide' | 'revoke',
  compose: (begun: Begun, signer: { person: string; passkey: string }) => Statement,
  signal: AbortSignal,
  path = '/v1/statements',
  note?: Opening,
): Promise<readonly Told[]> {
  const device = deviceOf(button)
  const begun = await begin(purpose, { view: facts.view })
  const key = chooseKey(begun, facts.keys, device, byId('act'))
  const how: Signing = { rpId: begun.rpId, key, device, signal }
  const statement = compose(begun, { person: facts.person, passkey: key.thumbprint })
  const signed = await sign(statement, how).catch((error: unknown) => {
    if (error instanceof Stopped && error.reason === 'blocked') blocked += 1
    if (blocked > 1) location.assign(ELSEWHERE)
    throw error
  })
  return (await post<{ requests?: readonly Told[] }>(path, note ? { ...signed, note } : signed)).requests ?? []
}

const confirm = (button: HTMLElement, where: 'here' | 'terminal') =>
  act(async (signal) => {
    const holder = where === 'terminal' ? foundTerminal() : (await makePlace(digest)).holder
    const said = { v: 1, kind: 'request', role: 'requester', decision: 'confirm', intents: [digest], holder } as const
    await tap(button, 'request', ({ realm, nonce }, signer) => ({ ...said, realm, nonce, signer }), signal)
    say('Confirmed.')
    await see()
  })

const decide = (button: HTMLElement, decision: 'approve' | 'deny') =>
  act(async (signal) => {
    const text = document.querySelector<HTMLTextAreaElement>('#act textarea[name=note]')?.value.trim() ?? ''
    const lease = Number(document.querySelector<HTMLSelectElement>('#act select[name=lease]')?.value ?? '')
    const note = text === '' ? undefined : { value: text, salt: randomText(32) }
    const beside = await tickedOnes()
    const said = {
      v: 1,
      kind: 'decide',
      role: 'approver',
      decision,
      intents: [digest, ...beside.map((each) => each.digest)],
      ...(note ? { note: { commitment: encodeBase64url(await sha256(commitmentBytes(note))) } } : {}),
      ...(decision === 'approve' && lease > 0 ? { lease_seconds: lease } : {}),
    } as const
    const compose = ({ realm, nonce }: Begun, signer: { person: string; passkey: string }) => ({ ...said, realm, nonce, signer })
    const told = await tap(button, 'decide', compose, signal, '/v1/statements', note)
    const did = decision === 'approve' ? 'Approved' : 'Denied'
    say(`${did}.`)
    const own = [facts.request, checkCode(digest)] as const
    const mixed = mixedWords(did, new Map([own, ...beside.map(({ request, code }) => [request, code] as const)]), told)
    if (mixed !== undefined) warn(mixed)
    await see()
  })

const revoke = (button: HTMLElement) =>
  act(async (signal) => {
    const named = button.closest<HTMLElement>('[data-role]')?.dataset['role']
    const role = named === 'requester' || named === 'administrator' ? named : 'approver'
    const said = { v: 1, kind: 'revoke', role, decision: 'revoke', intents: [digest] } as const
    const compose = ({ realm, nonce }: Begun, signer: { person: string; passkey: string }) => ({ ...said, realm, nonce, signer })
    await tap(button, 'revoke', compose, signal, '/v1/revocations')
    say('The access is being ended.')
    await see()
  })

const signIn = (button: HTMLElement) =>
  act(async (signal) => {
    const device = deviceOf(button)
    const { realm, nonce, rpId } = await begin('sign_in')
    const statement = { v: 1, realm, nonce, kind: 'sign_in', audience: 'issuer' } as const
    await post('/v1/statements', await sign(statement, { rpId, key: undefined, device, person: facts.person, signal }))
    say('Signed in.')
    await see()
  })

/** Fetches the credential, or says why another tap is needed first. */
async function fetchCredential(): Promise<void> {
  if (!place || facts.kind === undefined) return
  try {
    secret = await claim(digest, facts.kind, wantedNumber() ?? 1, place)
  } catch (error) {
    if (error instanceof Stopped && (error.reason === 'confirmation_too_old' || error.reason === 'foreign_holder_key'))
      reveal({ here: false, elsewhere: false, again: true }, error.words)
    throw error
  }
}

onPress({
  confirm: (button) => confirm(button, chosenPlace() === 'terminal' ? 'terminal' : 'here'),
  approve: (button) => decide(button, 'approve'),
  deny: (button) => decide(button, 'deny'),
  revoke,
  'sign-in': signIn,
  'find-terminal': () => act(findTerminal),
  claim: () =>
    act(async () => {
      say('Fetching …')
      await fetchCredential()
      say('Here is your credential.')
      await see()
    }),
  'give-back': () =>
    act(async () => {
      if (!place) return
      await giveBack(digest, place)
      secret = undefined
      say('Given back.')
      await see()
    }),
  reveal: () => secret !== undefined && toggleCredential(secret),
  'copy-secret': () => secret !== undefined && copyCredential(secret, 'secret'),
  'sign-out': () => signOut(),
  'copy-link': (button) => act(() => copyLink(button)),
  'copy-command': () => secret !== undefined && copyCredential(secret, 'command'),
})
document.addEventListener('change', (event) => {
  if (!(event.target instanceof HTMLInputElement)) return
  if (event.target.name === 'place') choosePlace()
  if (event.target.name === 'twin') countTicked()
})

async function copyLink({ dataset }: HTMLElement): Promise<void> {
  await navigator.clipboard.writeText(dataset['link'] ?? '').then(
    () => say('The link is copied.'),
    () => warn('This browser does not let the page copy. Mark the link above and copy it by hand.'),
  )
}

function reveal(which: { readonly here: boolean; readonly elsewhere: boolean; readonly again: boolean }, why?: string): void {
  for (const [name, on] of Object.entries(which)) {
    for (const part of document.querySelectorAll<HTMLElement>(`#act [data-place=${name}]`)) part.hidden = !on
  }
  const reason = document.querySelector('#act [data-why]')
  if (reason && why !== undefined) reason.textContent = why
}

/** Shows what fits this browser: whether it is the place that was named, and the credential if it is. */
async function arrange(): Promise<void> {
  choosePlace()
  countTicked()
  place = digest === '' ? undefined : await findPlace(digest)
  const named = byId('act')?.dataset['holders']?.split(' ') ?? []
  const here = place !== undefined && named.includes(place.signThumbprint)
  reveal({ here, elsewhere: !here && named.length > 0, again: !here && named.length > 0 })
  const number = wantedNumber()
  if (!here || number === undefined) return
  if (secret === undefined) await act(fetchCredential)
  if (secret !== undefined) showCredential(secret)
}

let acted = false
/** Swaps in what the server says now. */
const look = (): Promise<void> =>
  refresh(async () => {
    await arrange()
    if (acted && document.activeElement === document.body) document.querySelector<HTMLElement>('h1')?.focus()
    acted = false
  }, true)
/** The same after an act of one's own: the heading gets the focus, if the button that had it is gone or never took it. */
const see = (): Promise<void> => {
  acted = true
  return look()
}

startClock()
if (digest !== '' && document.querySelector('.code code')?.textContent !== checkCode(digest))
  warn('The check code on this page is not the one of the request it holds. Do not sign; tell whoever runs Countersign.')
// The server then says how to go on elsewhere. The sandbox's simulated key needs nothing of the browser.
if (hindranceHere() === 'unsupported' && !('sandbox' in document.body.dataset) && !location.search.includes('browser='))
  location.replace(ELSEWHERE)
await arrange()
whenAway(look)
whenStale(() => see())
follow(facts.view, look)
