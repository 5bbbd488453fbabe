// Where changes of keys, roles and rules are told. They are about no request, so each message has a subject of its own in the place of one: the news that it
// tells, or the minute whose news it gathers.

import type { PersonId } from '../domain/ids.ts'

const SUBJECT = 'notice/'

/** The subject of a message about one piece of news. */
export const subjectOf = (news: string): string => `${SUBJECT}${news}`
/** The subject of a message that gathers the news of one minute. */
export const gatheredSubject = (minute: number): string => `${SUBJECT}minute-${minute}`
export const isNotice = (subject: string): boolean => subject.startsWith(SUBJECT)
/** The one piece of news behind a subject; undefined when it gathers several. */
export const newsBehind = (subject: string): string | undefined => {
  const rest = subject.slice(SUBJECT.length)
  return rest.startsWith('minute-') ? undefined : rest
}

export const ownPlace = (person: PersonId): string => `own/${person}`
export const adminPlace = (person: PersonId): string => `admin/${person}`
export const securityPlace = (channel: string): string => `security/${channel}`

export type NoticePlace =
  | { readonly is: 'own' | 'admin'; readonly person: PersonId }
  | { readonly is: 'security'; readonly channel: string }

/** The place behind its stored name. */
export function readNoticePlace(place: string): NoticePlace {
  const [kind, rest = ''] = place.split('/')
  return kind === 'own' || kind === 'admin' ? { is: kind, person: rest } : { is: 'security', channel: rest }
}
