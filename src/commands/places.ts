// Where people are told of a request: each place has one name, under which its deliveries and its message are stored.

import type { PersonId } from '../domain/ids.ts'

export const askPlace = (person: PersonId): string => `ask/${person}`
export const remindPlace = (person: PersonId): string => `remind/${person}`
export const keysPlace = (person: PersonId): string => `keys/${person}`
export const placeOfNotice = (stage: string, person: PersonId): string => `tell/${stage}/${person}`
/** One line in the thread of the channel message, by the entry that it tells of. */
export const stepPlace = (entry: string): string => `thread/${entry}`
/** The modal in which a request was asked for, as long as its requester leaves it open. */
export const FORM_PLACE = 'form'
/** The answer to a typed command, once its button was pressed: only that gives an address at which it can be changed. */
export const ANSWER_PLACE = 'answer'

export type Place =
  | { readonly is: 'channel' | 'form' | 'answer' }
  | { readonly is: 'thread'; readonly entry: string }
  | { readonly is: 'ask' | 'remind' | 'keys'; readonly person: PersonId }
  | { readonly is: 'tell'; readonly stage: string; readonly person: PersonId }

/** The place behind its stored name. */
export function readPlace(place: string): Place {
  const [kind, first = '', second = ''] = place.split('/')
  switch (kind) {
    case 'ask':
    case 'remind':
    case 'keys':
      return { is: kind, person: first }
    case 'tell':
      return { is: 'tell', stage: first, person: second }
    case 'thread':
      return { is: 'thread', entry: first }
    case 'form':
    case 'answer':
      return { is: kind }
    default:
      return { is: 'channel' }
  }
}
