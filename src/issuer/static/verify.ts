// The receipt verifier in a browser: two files in, one verdict out, by the same code as the issuer and `countersign verify`. Nothing leaves the page: it
// asks no network, and runs saved as one file as well. The receipt is hostile; its texts go into the page as text alone, with what does not show spelt out.

import { type TrustRoots, trustRoots } from '../../domain/directory.ts'
import { read } from '../../domain/shape.ts'
import { spelt } from '../../domain/visible.ts'
import { fail } from '../../evidence/reasons.ts'
import { readReceiptFile, verifyReceipt } from '../../evidence/receipt.ts'
import { type Account, accountOf, type Line, type Section } from '../../evidence/receipt-account.ts'
import { webCrypto } from '../../evidence/web-crypto.ts'

const MARK = { valid: ['good', '✓'], unproven: ['wait', '!'], not_valid: ['bad', '✕'] } as const
/** RFC 8032 section 7.1, test 1: a browser without Ed25519 would call every receipt forged. */
const KNOWN = { x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kty: 'OKP', crv: 'Ed25519' }

type Chosen = { receipt?: Uint8Array; roots?: Uint8Array }
const chosen: Chosen = {}

const byId = (id: string): HTMLElement | null => document.getElementById(id)
const inputOf = (id: 'receipt' | 'roots'): HTMLInputElement | null => document.querySelector(`input[name="${id}"]`)

function element(tag: string, className: string, ...inside: readonly (Node | string)[]): HTMLElement {
  const made = document.createElement(tag)
  if (className !== '') made.className = className
  made.append(...inside)
  return made
}

/** Reads what was chosen or dropped; which of the two it is, a dropped file says itself. */
async function take(files: Iterable<File>, as?: 'receipt' | 'roots'): Promise<void> {
  let left = false
  for (const file of files) {
    const bytes = new Uint8Array(await file.arrayBuffer())
    const kind = as ?? (isRoots(bytes) ? 'roots' : 'receipt')
    // Whoever sends a receipt may send roots of his own with it: what the reader has chosen is never exchanged by what falls on the page.
    if (as === undefined && kind === 'roots' && chosen.roots) {
      left = true
      continue
    }
    chosen[kind] = bytes
    if (as === undefined) showChosen(kind, file)
  }
  await judge(left ? 'The dropped trust roots were left aside: choose others in their own field.' : '')
}

/** The field shows the file that counts. */
function showChosen(kind: 'receipt' | 'roots', file: File): void {
  const input = inputOf(kind)
  if (!input) return
  const held = new DataTransfer()
  held.items.add(file)
  input.files = held.files
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

const isRoots = (bytes: Uint8Array): boolean => {
  const value = parsed(bytes)
  return typeof value === 'object' && value !== null && 'log_key' in value
}

let round = 0

async function judge(aside: string): Promise<void> {
  const place = byId('verdict')
  if (!place) return
  // No verdict outlives the files that it is about, and the last choice is the one that is judged.
  round += 1
  const own = round
  place.replaceChildren(...(aside === '' ? [] : [element('p', 'warning', aside)]))
  const { receipt, roots } = chosen
  if (!receipt || !roots) {
    say(receipt ? 'Now choose your trust roots.' : roots ? 'Now choose the receipt.' : '')
    return
  }
  const found = read(trustRoots, parsed(roots))
  if (!found.ok) {
    say('')
    place.replaceChildren(element('p', 'warning', `These are no trust roots: ${spelt(found.path)} ${spelt(found.problem)}.`))
    return
  }
  say('Checking every signature …')
  const account = await accountFor(receipt, found.value).catch(() => undefined)
  if (own !== round) return
  if (!account) {
    say('')
    place.append(element('p', 'warning', 'This receipt could not be checked here. Use countersign verify.'))
    return
  }
  place.append(...shownAccount(account))
  place.querySelector('.badge')?.scrollIntoView({ block: 'nearest' })
  say(`${account.headline}. ${account.means}`, 'heard')
}

async function accountFor(bytes: Uint8Array, roots: TrustRoots): Promise<Account> {
  const value = readReceiptFile(bytes)
  return accountOf(value === undefined ? fail('receipt_malformed', '') : await verifyReceipt(value, roots, webCrypto), roots)
}

/** What is seen in the verdict as well is only heard. */
function say(text: string, how: 'seen' | 'heard' = 'seen'): void {
  const status = byId('said')
  if (!status) return
  status.className = how === 'seen' ? 'small' : 'sr'
  status.textContent = text
}

function shownAccount({ verdict, headline, means, sections }: Account): Node[] {
  const [tone, sign] = MARK[verdict]
  const mark = element('span', '', sign)
  mark.setAttribute('aria-hidden', 'true')
  return [
    element('p', `badge ${tone}`, mark, element('span', '', headline)),
    element('p', '', means),
    ...sections.map(shownSection),
  ]
}

function shownSection({ heading, rows, prose }: Section): Node {
  const facts = element('dl', 'facts')
  for (const { label, lines } of rows)
    facts.append(element('div', '', element('dt', '', isolated(label)), element('dd', '', ...lines.map(shownLine))))
  const made = element('section', 'stack', element('h2', '', heading), facts)
  if (prose !== undefined && prose.trim() !== '') {
    const fence = element('pre', 'fence', prose.replace(/\n+$/, '').split('\n').map(spelt).join('\n'))
    fence.tabIndex = 0
    fence.setAttribute('role', 'region')
    fence.setAttribute('aria-label', 'Text of the runbook')
    made.append(element('h3', '', 'Text of the runbook'), fence)
  }
  return made
}

function shownLine({ text, is }: Line): Node {
  if (is === 'soft') return element('span', 'help', isolated(text))
  if (is === 'missing') return element('span', 'absent', text)
  return element('span', 'fact', ...(is === 'quoted' ? ['“', isolated(text), '”'] : [isolated(text)]))
}

const isolated = (text: string): Node => element('bdi', '', spelt(text))

async function knowsEd25519(): Promise<boolean> {
  try {
    await crypto.subtle.importKey('jwk', KNOWN, { name: 'Ed25519' }, false, ['verify'])
    return true
  } catch {
    return false
  }
}

async function begin(): Promise<void> {
  if (!(await knowsEd25519())) {
    byId('verdict')?.replaceChildren(
      element(
        'p',
        'warning',
        'This browser cannot check the issuer’s signature (Ed25519). Use a newer one, or countersign verify.',
      ),
    )
    return
  }
  for (const kind of ['receipt', 'roots'] as const) {
    const input = inputOf(kind)
    if (!input) continue
    input.disabled = false
    input.addEventListener('change', () => void take(input.files ?? [], kind))
    // What a browser kept over a reload.
    if (input.files && input.files.length > 0) await take(input.files, kind)
  }
  const drop = byId('drop')
  document.addEventListener('dragover', (event) => {
    event.preventDefault()
    drop?.classList.add('over')
  })
  document.addEventListener('dragleave', () => drop?.classList.remove('over'))
  document.addEventListener('drop', (event) => {
    event.preventDefault()
    drop?.classList.remove('over')
    void take(event.dataTransfer?.files ?? [])
  })
  document.body.dataset['alive'] = ''
}

await begin()
