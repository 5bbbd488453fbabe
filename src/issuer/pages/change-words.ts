// What a change of the passkey directory does, in lines for whoever is to sign it: everything that it does, and nothing beside. Keys stand there with their
// words, since comparing those is what a signature says.

import type { DirectoryChange, Role } from '../../domain/directory.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Named } from '../asked.ts'

export type KnownKey = { readonly owner: Named; readonly nickname: string; readonly words: readonly string[] }
export type Speaking = {
  readonly name: (id: string) => Named
  readonly key: (thumbprint: string) => KnownKey | undefined
  /** What the rules in force newly give, in words, if this is their digest. */
  readonly gained: (ruleSet: string) => readonly string[] | undefined
}

const DOES = { suspend: 'Suspend', reinstate: 'Reinstate', revoke: 'Revoke for good' } as const

/** One line for each thing that the change does. */
export function changeLines(change: DirectoryChange, speaking: Speaking): readonly Html[] {
  const { name, key } = speaking
  const keyLine = (does: string, thumbprint: string, more: string | Html = '', withWords = true): Html => {
    const known = key(thumbprint)
    if (!known) return html`${does} a key that is not known here: <code>${thumbprint}</code>`
    return html`${does} ${shown(known.owner.name)}’s key “${shown(known.nickname)}”${more}${withWords && wordList(known.words)}`
  }
  switch (change.operation) {
    case 'enrol':
      return change.passkeys.map(({ passkey, roles }) => keyLine('Enrol', passkey.thumbprint, asRoles(roles)))
    case 'add':
      return [keyLine('Add', change.passkey.thumbprint)]
    case 'suspend':
    case 'reinstate':
    case 'revoke':
      return change.passkeys.map((thumbprint) =>
        keyLine(DOES[change.operation], thumbprint, '', change.operation === 'reinstate'),
      )
    case 'role': {
      const who = shown(name(change.person).name)
      const role =
        change.effect === 'grant' ? html`Make ${who} an ${change.role}` : html`Take from ${who} the role of ${change.role}`
      return [role, ...change.passkeys.map((thumbprint) => keyLine('Let serve roles:', thumbprint))]
    }
    case 'endorse': {
      const gained = speaking.gained(change.rule_set)
      return [
        html`Let everybody approve at once whom the rules ${gained ? 'in force' : html`<code>${change.rule_set}</code>, which are no longer in force,`} newly name`,
        ...(gained ?? []).map((line) => html`Waits now: ${line}`),
      ]
    }
    case 'provider':
      return [
        change.effect === 'grant'
          ? html`Let a sign-in at ${shown(change.issuer)} (client ${shown(change.client_id)}) enrol the first key of people who only ask`
          : html`No longer let sign-ins at ${shown(change.issuer)} (client ${shown(change.client_id)}) enrol keys`,
      ]
    case 'recover':
      return [
        html`Go on with a database that was put back: place ${change.lost.directory.sequence} of the directory and watermark ${change.lost.watermark} are lost`,
      ]
  }
}

/** "as approver and auditor", said only where it is so. */
export const asRoles = (roles: readonly string[]): string => (roles.length === 0 ? '' : `, as ${roles.join(' and ')}`)

export const wordList = (words: readonly string[]): Html =>
  html`<ol class="words">${words.map((word) => html`<li>${word}</li>`)}</ol>`

/** Who may not sign it because it is about a key of his own. */
export function subjectsOf(change: DirectoryChange, { key }: Pick<Speaking, 'key'>): readonly string[] {
  if (change.operation === 'enrol') return change.passkeys.map(({ passkey }) => passkey.person)
  if (change.operation === 'reinstate' || change.operation === 'revoke')
    return change.passkeys.flatMap((thumbprint) => key(thumbprint)?.owner.id ?? [])
  return []
}

export const ROLE_WORDS: { readonly [R in Role]: string } = {
  administrator: 'Administrators',
  approver: 'Approvers',
  auditor: 'Auditors',
}
