// An early end is never claimed, only reported (invariant 6): what the log, the tables or a message call confirmed was confirmed by the target before, what
// they say has ended by itself had come to its time, and from the moment of its confirmation the target refuses the token.

import { decodeJwt } from 'jose'
import type { Tolerance } from './check-evidence.ts'
import { byCheckCode, type Facts, groups, type Outside } from './facts.ts'

const TOLD_CONFIRMED = /the target confirmed it/
const TOLD_BY_ITSELF = /ended by itself/

type Recalled = Pick<Outside, 'uses' | 'taken' | 'messages'>

const takenIn = ({ taken }: Pick<Outside, 'taken'>): ReadonlyMap<string, number> => {
  const first = new Map<string, number>()
  for (const { jti, at } of taken) first.set(jti, Math.min(at, first.get(jti) ?? at))
  return first
}

/** Holds what is told of early ends against what the target took, and did. */
export function checkRecalls(facts: Facts, outside: Recalled, { clockMs }: Tolerance): string[] {
  const problems: string[] = []
  const taken = takenIn(outside)
  const credentials = new Map(facts.credential.map((row) => [row.id, row]))
  const ending = new Set(facts.entries.flatMap(({ type, request }) => (type === 'grant.ending' ? [request] : [])))
  // What was still being made when its grant came to its time is given up, and nobody ended the grant early.
  const givenUp = new Set(
    facts.entries.flatMap(({ type, body }) => (type === 'credential.issue_unknown' ? [body['credential']] : [])),
  )
  for (const jti of taken.keys())
    if (!givenUp.has(jti) && !ending.has(credentials.get(jti)?.request_id ?? ''))
      problems.push(`the target was told that ${jti} has ended, and nobody ended it`)
  for (const { token, began, status } of outside.uses) {
    const { jti = '' } = decodeJwt(token)
    if (status === 200 && began > (taken.get(jti) ?? Number.POSITIVE_INFINITY))
      problems.push(`the target obeyed ${jti} after it had confirmed its end`)
  }
  for (const { id, recall } of facts.credential)
    if (recall === 'confirmed' && !taken.has(id))
      problems.push(`credential ${id} is kept as confirmed, and the target confirmed nothing`)
  for (const { type, at, body } of facts.entries) {
    if (type !== 'credential.revoked') continue
    const id = String(body['credential'])
    const { expires_at } = credentials.get(id) ?? {}
    if (body['by'] === 'target') {
      const confirmed = taken.get(id)
      if (confirmed === undefined || confirmed > at.getTime() + 1)
        problems.push(`the log says that the target ended ${id}, which the target had not confirmed`)
    } else if (expires_at && at.getTime() < expires_at.getTime() - clockMs)
      problems.push(`the log says that ${id} ended by itself, ${expires_at.getTime() - at.getTime()} ms before its time`)
  }
  return [...problems, ...checkWords(facts, outside, taken)]
}

/** What messages say of it; a line of a thread tells one step, and what is still being told may say what was true before. */
function checkWords(facts: Facts, { messages }: Recalled, taken: ReadonlyMap<string, number>): string[] {
  const requestOf = byCheckCode(facts.request)
  const byRequest = groups(facts.credential, ({ request_id }) => request_id)
  return messages.flatMap((message) => {
    const request = requestOf(message)
    if (request === undefined || facts.moving.has(request)) return []
    const credentials = byRequest.get(request) ?? []
    const confirmed = credentials.length > 0 && credentials.every(({ id }) => taken.has(id))
    const about = `${message.channel} about ${request} (life ${facts.lives.get(request)})`
    if (TOLD_CONFIRMED.test(message.said ?? '') && !confirmed)
      return [`a message in ${about} says that the target confirmed the end, which it did not`]
    const told = credentials.every(({ recall }) => recall === 'confirmed')
    if (TOLD_BY_ITSELF.test(message.said ?? '') && confirmed && told)
      return [`a message in ${about} says that the credential ended by itself, and the target confirmed its end`]
    return []
  })
}

/** How often a token was refused between the confirmation of its end and the time it bears: that is what was confirmed. */
export function refusedEarly(outside: Pick<Outside, 'uses' | 'taken'>): number {
  const taken = takenIn(outside)
  return outside.uses.filter(({ token, began, at, status }) => {
    const { jti = '', exp = 0 } = decodeJwt(token)
    return status === 401 && at < exp * 1000 && began > (taken.get(jti) ?? Number.POSITIVE_INFINITY)
  }).length
}
