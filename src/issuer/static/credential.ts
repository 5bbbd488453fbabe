// The credential on the page: masked until somebody asks, never in an attribute, in storage or in the address; copied on request. Gone with the page.

import { byId, say } from './say.ts'

const panel = (): HTMLElement | null => byId('act')?.querySelector('[data-credential]') ?? null
let open = false

/** The number of the credential that the page has a place for. */
export const wantedNumber = (): number | undefined => {
  const found = panel()
  return found ? Number(found.dataset['credential']) : undefined
}

/** Fills the place for the credential. */
export function showCredential(secret: string): void {
  const shown = open ? secret : `${secret.slice(0, 6)}····${secret.slice(-4)}`
  const code = panel()?.querySelector('[data-secret]')
  if (code) code.textContent = shown
  const command = panel()?.querySelector<HTMLElement>('[data-command]')
  if (command) command.textContent = commandWith(command, shown)
  const toggle = panel()?.querySelector('[data-do=reveal]')
  if (toggle) {
    toggle.textContent = open ? 'Hide' : 'Show'
    toggle.setAttribute('aria-pressed', String(open))
  }
}

const commandWith = ({ dataset }: HTMLElement, secret: string): string =>
  (dataset['command'] ?? '').split(dataset['mark'] ?? '\0').join(secret)

/** Shows it in full, or masks it again. */
export function toggleCredential(secret: string): void {
  open = !open
  showCredential(secret)
}

/** Puts the credential, or the whole command with it, on the clipboard. */
export async function copyCredential(secret: string, what: 'secret' | 'command'): Promise<void> {
  const command = panel()?.querySelector<HTMLElement>('[data-command]')
  const text = what === 'command' && command ? commandWith(command, secret) : secret
  try {
    await navigator.clipboard.writeText(text)
    say(what === 'command' ? 'The command is copied, with the credential in it.' : 'The credential is copied.')
  } catch {
    if (!open) toggleCredential(secret)
    say('This browser does not let the page copy. It is shown in full now; copy it by hand.')
  }
}
