// The account of a judged receipt: what it says to a person, as headings and rows of plain text, for the terminal and the page alike. It says no more than
// was proved. Its texts hold what people and runbooks wrote, as it was signed: whoever shows them spells out what does not show (domain/visible.ts).

import { actionName, type RuleSet } from '../domain/action.ts'
import { canonicalText } from '../domain/canonical.ts'
import { isCommitment } from '../domain/commitment.ts'
import type { TrustRoots } from '../domain/directory.ts'
import { checkCode } from '../domain/ids.ts'
import { durationWords } from '../domain/words.ts'
import { findPasskey } from './chain-state.ts'
import type { Held, ReceiptVerdict, Said } from './receipt.ts'
import { receiptWords } from './receipt-words.ts'

/** A line of a row; `soft` is beside the point, `quoted` is what somebody wrote, `missing` is what cannot be read here. */
export type Line = { readonly text: string; readonly is?: 'soft' | 'quoted' | 'missing' }
export type Row = { readonly label: string; readonly lines: readonly Line[] }
export type Section = { readonly heading: string; readonly rows: readonly Row[]; readonly prose?: string }
export type Account = {
  readonly verdict: 'valid' | 'unproven' | 'not_valid'
  readonly headline: string
  readonly means: string
  readonly sections: readonly Section[]
}

/** The account of a verdict under these roots. */
export function accountOf(verdict: ReceiptVerdict, roots: TrustRoots): Account {
  if (!verdict.ok)
    return {
      verdict: 'not_valid',
      headline: 'Not valid',
      means: receiptWords(verdict.reason),
      sections: [
        {
          heading: 'What does not hold',
          rows: [row('Reason', verdict.reason), row('Where', verdict.path === '' ? 'the whole receipt' : verdict.path)],
        },
      ],
    }
  const proven = verdict.rules === 'proven'
  return {
    verdict: proven ? 'valid' : 'unproven',
    headline: proven ? 'Valid' : 'Signatures valid, rules unproven',
    means: proven
      ? 'Every signature stands, by keys that lead back to your trust roots, and the issuer signed by which rules and when it judged them.'
      : 'Every signature stands, by keys that lead back to your trust roots. This receipt has no word of the issuer: which rules were in force, and when, is only what it says, and nothing proves that these are all the statements, that nobody denied, or that a credential was made.',
    sections: [asked(verdict), signed(verdict), rules(verdict), ...credential(verdict), standsOn(verdict, roots)],
  }
}

const row = (label: string, text: string, ...more: readonly Line[]): Row => ({ label, lines: [{ text }, ...more] })
const soft = (text: string): Line => ({ text, is: 'soft' })
const NOT_OPENED: Line = { text: 'not opened in this receipt', is: 'missing' }
const value = (of: string | number | undefined): Line => (of === undefined ? NOT_OPENED : { text: String(of), is: 'quoted' })

/** "2026-11-22 12:01:07 UTC" of ms. */
export const atWords = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

const rulesOf = ({ ruleSets, judged }: Held): RuleSet | undefined => ruleSets.get(judged.ruleSet)

/** The name that the rules give a person, and the id that was signed. */
function nameOf(verdict: Held, id: string): string {
  const name = rulesOf(verdict)?.people.find((person) => person.id === id)?.name
  return name === undefined || name === id ? id : `${name} (${id})`
}

function asked(verdict: Held): Section {
  const { intent, action, intentDigest } = verdict.granted
  const names = [...new Set([...action.parameters.map(({ name }) => name), ...Object.keys(intent.parameters)])]
  const parameters = names.flatMap((name): Row[] => {
    const given = Object.hasOwn(intent.parameters, name) ? intent.parameters[name] : undefined
    if (given === undefined) return []
    const label = action.parameters.find((parameter) => parameter.name === name)?.label ?? name
    return [{ label, lines: [value(isCommitment(given) ? verdict.parameters.get(name) : given)] }]
  })
  const { kind, target, settings, grants } = intent.right
  return {
    heading: 'What was asked',
    rows: [
      row('Action', action.title, soft(actionName({ runbook: intent.runbook, name: intent.action }))),
      row('Asked by', nameOf(verdict, intent.requester.id)),
      { label: 'Reason', lines: [value(verdict.reason)] },
      ...parameters,
      row('Target', `${target} (${kind})`, ...Object.entries(settings).map(([name, text]) => soft(`${name}: ${text}`))),
      { label: 'It gives', lines: Object.entries(grants).map(([name, given]) => ({ text: `${name}: ${plain(given)}` })) },
      row('Lease', durationWords(intent.lease_seconds), soft(`over by ${atWords(intent.ends_no_later_than * 1000)} in any case`)),
      row('Check code', checkCode(intentDigest), soft(`request ${intent.id}`)),
    ],
  }
}

/** A granted value; one behind a commitment stands there as its digest. */
const plain = (of: Held['granted']['intent']['right']['grants'][string]): string =>
  typeof of === 'string' || typeof of === 'number' ? String(of) : canonicalText(of)

const DID = { confirm: 'confirmed', approve: 'approved', deny: 'denied' } as const

const signed = (verdict: Held): Section => ({
  heading: 'Who signed',
  rows: verdict.said.map((one) => signature(verdict, one)),
})

function signature(verdict: Held, one: Said): Row {
  const { signer, decision } = one.statement
  const known = findPasskey(verdict.directory, signer.passkey)
  const places = verdict.granted.approvals.filter(({ statement }) => statement === one.digest).map(({ group }) => group)
  const counts =
    decision === 'approve' && (places.length > 0 ? ` for ${places.join(', ')}` : ', which fills no place of the rules')
  const lines: Line[] = [{ text: `${nameOf(verdict, signer.person)} ${DID[decision]}${counts || ''}` }]
  if (one.statement.kind === 'decide') {
    const { lease_seconds, note } = one.statement
    if (lease_seconds !== undefined) lines.push(soft(`for at most ${durationWords(lease_seconds)}`))
    if (note) lines.push(one.note === undefined ? { text: 'a note, not opened in this receipt', is: 'missing' } : value(one.note))
  }
  lines.push(soft(`key ${signer.passkey}`))
  const stays = known?.passkey.device_bound ? 'stays on one device' : 'may be copied between devices'
  const came = known?.enrolled === 0 ? 'pinned in the trust roots' : `enrolled ${atWords(known?.enrolledAt ?? 0)}`
  lines.push(soft(`${stays}, ${came}${known?.status === 'active' ? '' : `, ${known?.status} later`}`))
  return { label: atWords(one.acceptedAt), lines }
}

function rules(verdict: Held): Section {
  const { action } = verdict.granted
  const { requesters, approvals } = action.rules
  return {
    heading: 'Under which rule',
    rows: [
      row('May ask', requesters.join(', ')),
      {
        label: 'Must approve',
        lines: approvals.map(({ group, count }) => ({
          text: `${plural(count, 'person')} of ${group}`.replace('persons', 'people'),
        })),
      },
      row(
        'Rule set',
        verdict.judged.ruleSet,
        ...(verdict.rules === 'unproven' ? [soft('the one that the last statement names')] : []),
      ),
    ],
    prose: action.text,
  }
}

/** Nothing in the evidence says when a lease began that was claimed with another credential. */
const RENEWED = 'with the lease that began with the first, by the issuer’s word'

function credential({ issued, granted }: Held): Section[] {
  if (!issued) return []
  const { number, id, fingerprint } = issued.credential
  const first = issued.purpose === 'claim' ? 'the first of this request' : 'a further one of this request'
  return [
    {
      heading: 'Which credential',
      rows: [
        row('Number', `${number}, ${first}`, soft(`id ${id}`)),
        row('Fingerprint', fingerprint, soft('SHA-256 of its text')),
        row('Judged', atWords(issued.judged_at)),
        row('Issued', atWords(issued.issued_at)),
        row(
          'Ends',
          atWords(issued.expires_at),
          soft(issued.purpose === 'claim' ? `a lease of ${durationWords(granted.leaseSeconds)}` : RENEWED),
        ),
      ],
    },
  ]
}

function standsOn({ directory }: Held, roots: TrustRoots): Section {
  return {
    heading: 'What it stands on',
    rows: [
      row('Issuer', roots.issuer, soft(`realm ${roots.realm}, era ${roots.era}`)),
      {
        label: 'Root keys',
        lines: roots.roots.flatMap(({ person, thumbprint }) => [{ text: person }, soft(`key ${thumbprint}`)]),
      },
      row('Directory', `${plural(directory.sequence, 'signed change')} since the roots`, soft(`head ${directory.head}`)),
    ],
  }
}
