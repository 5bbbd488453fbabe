// People who may decide and have no key that would serve, in words: for an administrator, who can send them the way to one, and for a requester who waits
// in vain.

import { findAble, findTroubled } from '../../commands/find-able.ts'
import { approversOf, deciders, reachOf } from '../../commands/reach.ts'
import { type KeyTrouble, UNUSED_DAYS } from '../../domain/accepted-keys.ts'
import type { RuleSet } from '../../domain/action.ts'
import { type Named, nameOf, type RequestView } from '../request-view.ts'
import { header, lines, type Message, type Piece } from './blocks.ts'
import type { SlackSide } from './side.ts'

const MOST_NAMED = 25
type Of = Pick<SlackSide, 'ctx' | 'teamIds'>

/** Somebody without a key that would serve, and why none does. */
export type Keyless = { readonly person: Named; readonly trouble: KeyTrouble }

/** Everybody who may decide about something and has no key of an accepted kind that has worked of late. */
export async function findKeyless({ ctx, teamIds }: Of, set: RuleSet): Promise<Keyless[]> {
  const troubled = await findTroubled(ctx.db, set, deciders(set), ctx.now())
  return [...troubled].map(([id, trouble]) => ({ person: nameOf(set, id, teamIds), trouble }))
}

/** Who may decide about this request and has no key, when those who have one are too few. */
export async function findMissing({ ctx, teamIds }: Of, view: RequestView, set: RuleSet): Promise<Named[]> {
  if (view.state !== 'awaiting_approvers') return []
  const able = await findAble(ctx.db, set, approversOf(set, view.action, view.requester.id))
  const { enough, keyless } = reachOf(set, view.action, view.requester.id, able)
  return enough ? [] : keyless.map((id) => nameOf(set, id, teamIds))
}

/** To one administrator. */
export const renderKeyless = (people: readonly Keyless[], enrolUrl: string): Message => ({
  text: 'People who may decide have no key yet',
  blocks: [
    header(KEYLESS_TITLE),
    lines([['A request waits that cannot be approved: too few of those who may have a key.'], ...keylessLines(people, enrolUrl)]),
  ],
})

/** Who they are and what to send them. */
export function keylessLines(keyless: readonly Keyless[], enrolUrl: string): Piece[][] {
  const whose = KEYLESS.flatMap(({ trouble, words }): Piece[][] => {
    const people = keyless.filter((each) => each.trouble === trouble).map(({ person }) => person)
    return people.length === 0 ? [] : [[{ bold: `${words}: ` }, ...named(people)]]
  })
  return [...whose, ['Send them ', { link: enrolUrl, text: enrolUrl }, '. What they register there, an administrator enrols.']]
}

export const KEYLESS_TITLE = 'Approvers without a working key'
/** Why somebody stands in the list, the worst first. */
export const KEYLESS = [
  { trouble: 'no_key', words: 'Without one' },
  { trouble: 'not_accepted', words: 'With none of a kind that is accepted' },
  { trouble: 'unused', words: `With none that was used in ${UNUSED_DAYS} days; a sign-in with it is enough` },
] as const satisfies readonly { readonly trouble: KeyTrouble; readonly words: string }[]

/** To the requester, while it is so. */
export const unreachableLines = (people: readonly Named[]): Piece[][] =>
  people.length === 0
    ? []
    : [
        ['⚠️ Too few of those who may approve this have a key. Without one: ', ...named(people), '.'],
        ['An administrator was told. It can be approved as soon as they have one.'],
      ]

const named = (people: readonly Named[]): Piece[] => [
  ...people.slice(0, MOST_NAMED).flatMap((person, index): Piece[] => [index === 0 ? '' : ', ', { person }]),
  people.length > MOST_NAMED ? ` and ${people.length - MOST_NAMED} more` : '',
]
