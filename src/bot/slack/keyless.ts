// People who may decide and have no key, in words: for an administrator, who can send them the way to one, and for a requester who waits in vain.

import { approversOf, deciders, reachOf } from '../../commands/reach.ts'
import { findEnrolled } from '../../db/bot-queries/views.ts'
import type { RuleSet } from '../../domain/action.ts'
import { type Named, nameOf, type RequestView } from '../request-view.ts'
import { header, lines, type Message, type Piece } from './blocks.ts'
import type { SlackSide } from './side.ts'

const MOST_NAMED = 25
type Of = Pick<SlackSide, 'ctx' | 'teamIds'>

/** Everybody who may decide about something and has no key. */
export async function findKeyless({ ctx, teamIds }: Of, set: RuleSet): Promise<Named[]> {
  const people = deciders(set)
  const enrolled = await findEnrolled(ctx.db, people)
  return people.filter((id) => !enrolled.has(id)).map((id) => nameOf(set, id, teamIds))
}

/** Who may decide about this request and has no key, when those who have one are too few. */
export async function findMissing({ ctx, teamIds }: Of, view: RequestView, set: RuleSet): Promise<Named[]> {
  if (view.state !== 'awaiting_approvers') return []
  const enrolled = await findEnrolled(ctx.db, approversOf(set, view.action, view.requester.id))
  const { enough, keyless } = reachOf(set, view.action, view.requester.id, enrolled)
  return enough ? [] : keyless.map((id) => nameOf(set, id, teamIds))
}

/** To one administrator. */
export const renderKeyless = (people: readonly Named[], enrolUrl: string): Message => ({
  text: 'People who may decide have no key yet',
  blocks: [
    header('Approvers without a key'),
    lines([['A request waits that cannot be approved: too few of those who may have a key.'], ...keylessLines(people, enrolUrl)]),
  ],
})

/** Who they are and what to send them. */
export const keylessLines = (people: readonly Named[], enrolUrl: string): Piece[][] => [
  [{ bold: 'Without one: ' }, ...named(people)],
  ['Send them ', { link: enrolUrl, text: enrolUrl }, '. What they register there, an administrator enrols.'],
]

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
