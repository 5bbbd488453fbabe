// What stands outside the database against what stands in it: what people did and were given, what the target did, what Slack shows. Each place has one message
// and it says how the request ended; whoever was given a credential has one that was issued; nothing had an effect after its end.

import { decodeJwt } from 'jose'
import { isNotice } from '../../src/commands/notice-places.ts'
import { byCheckCode, type Facts, groups, type Outside, type SlackMessage } from './facts.ts'

/** In the words of a message, by the state in which a grant or else its request ended. */
const HEADLINE: Readonly<Record<string, RegExp>> = {
  awaiting_requester: /requester/,
  awaiting_approvers: /waits/,
  approved: /approved/,
  denied: /denied/,
  cancelled: /cancelled/,
  lapsed: /ran out of time/,
  voided: /void/,
  issuing: /being made/,
  active: /active/,
  revoking: /being ended/,
  revoked: /revoked/,
  returned: /given back/,
  expired: /has ended/,
  failed: /could not be made/,
}
const REFUSED = /was not accepted/

/** Its making was cut and taken back; or it was made, the answer lost, and its time over before it was asked for again. */
const GONE = new Set(['credential.issue_unknown', 'credential.expired'])

const endOf = (facts: Facts) => {
  const states = new Map(facts.state.map(({ request_id, state }) => [request_id, state as string]))
  const grants = new Map(facts.grant.map(({ request_id, state }) => [request_id, state as string]))
  return (request: string) => ({ state: states.get(request), grant: grants.get(request) })
}

/** No lost life: each ended as its people's acts explain, and no request came from nowhere. */
export function checkLives(facts: Facts, { told }: Pick<Outside, 'told'>): string[] {
  const problems: string[] = []
  const of = endOf(facts)
  const requests = groups(facts.request, ({ id }) => String(facts.lives.get(id)))
  const issued = new Map(facts.credential.map((credential) => [credential.id, credential]))
  const lives = new Set(told.map(({ life }) => String(life)))
  for (const { type, request, body } of facts.entries)
    if (type === 'request.refused')
      problems.push(`request ${request} (life ${facts.lives.get(request ?? '')}) was not accepted: ${body['reason']}`)
  for (const life of requests.keys()) if (!lives.has(life)) problems.push(`a request of life ${life}, which nobody lived`)
  for (const { life, kind, typed, request, ends, token, lost } of told) {
    const say = (what: string) => problems.push(`life ${life} (${kind}): ${what}`)
    const all = requests.get(String(life)) ?? []
    if (all.length > typed) say(`${all.length} requests, asked ${typed} times`)
    const { state, grant } = of(request)
    const ended = grant === undefined ? `${state}` : `${state}/${grant}`
    if (!ends.split('|').includes(ended)) say(`ended as ${ended}, not as ${ends}`)
    for (const { id } of all)
      if (id !== request && !['awaiting_requester', 'lapsed', undefined].includes(of(id).state))
        say(`a request nobody followed is ${of(id).state}`)
    const credentials = facts.credential.filter(({ request_id }) => request_id === request)
    if (token !== undefined) {
      const { jti = '', exp = 0 } = decodeJwt(token)
      const row = issued.get(jti)
      if (row?.request_id !== request || row.fingerprint === null) say('was given a credential that was not issued for it')
      else if (exp * 1000 > row.expires_at.getTime()) say('was given a credential that lasts longer than is written')
    }
    if (
      lost &&
      !credentials.some(({ id }) => facts.entries.some(({ type, body }) => GONE.has(type) && body['credential'] === id))
    )
      say('was told that its credential is gone, and nothing says that its making was given up or that it had ended')
  }
  return problems
}

/** The target did nothing without an issued credential and nothing after its end. */
export function checkTarget(facts: Facts, { uses }: Pick<Outside, 'uses'>): string[] {
  const issued = new Set(
    facts.entries.flatMap(({ type, body }) => (type === 'credential.issued' ? [String(body['credential'])] : [])),
  )
  return uses.flatMap(({ at, token, status }) => {
    if (status !== 200) return []
    const { jti = '', exp = 0 } = decodeJwt(token)
    return [
      ...(issued.has(jti) ? [] : [`the target obeyed ${jti}, which was not issued`]),
      ...(at <= exp * 1000 ? [] : [`the target obeyed ${jti} ${at - exp * 1000} ms after its end`]),
    ]
  })
}

/** Every message ends true, and stands once. Doubled ones are counted apart: a lost answer may cause one, nothing else may. */
export function checkSlack(
  facts: Facts,
  { messages }: Pick<Outside, 'messages'>,
): { readonly problems: string[]; readonly doubled: readonly string[] } {
  const problems: string[] = []
  const of = endOf(facts)
  const requestOf = byCheckCode(facts.request)
  const standing = new Map(messages.map((message) => [`${message.channel} ${message.ts}`, message]))
  const known = new Set<string>()
  const places = groups(facts.message, ({ request_id }) => request_id)
  for (const { request_id, place, channel, ts } of facts.message) {
    // A form and the answer to a command are no messages; a reminder that was taken away is none any more.
    if (place === 'form' || place === 'answer' || ts === '') continue
    if (facts.moving.has(request_id)) {
      known.add(`${channel} ${ts}`)
      continue
    }
    const say = (what: string) =>
      problems.push(`message ${place} of ${request_id} (life ${facts.lives.get(request_id)}): ${what}`)
    const at = `${channel} ${ts}`
    const message = standing.get(at)
    known.add(at)
    // News of keys, roles and rules is about no request; that it is all told is checked with what waits.
    if (isNotice(request_id)) {
      if (!message) say('is not in Slack')
      continue
    }
    const { state, grant } = of(request_id)
    const refused = state === undefined && facts.refused.includes(request_id)
    const headline = refused ? REFUSED : HEADLINE[grant ?? state ?? '']
    if (!message) say('is not in Slack')
    else if (requestOf(message) !== request_id) say(`is about something else: ${message.text}`)
    // A line of the thread tells one step and stays as it is; everything else always says where the request stands.
    else if (!place.startsWith('thread/') && !headline?.test(message.text))
      say(`does not say that it is ${refused ? 'refused' : (grant ?? state)}: ${message.text}`)
  }
  for (const { request_id, confirmed_at } of facts.state)
    if (confirmed_at !== null && !places.get(request_id)?.some(({ place }) => place === 'channel'))
      problems.push(`request ${request_id} (life ${facts.lives.get(request_id)}) has no message in its channel`)
  const story = (message: SlackMessage | undefined) => facts.deliveries.get(message?.delivery ?? '')
  const doubled = [...standing].filter(([at, message]) => !known.has(at) && (requestOf(message) ?? story(message)) !== undefined)
  return {
    problems,
    doubled: doubled.map(([, message]) => {
      const by = story(message)
      const row = facts.message.find(({ request_id, place }) => request_id === requestOf(message) && place === by?.place)
      const kept = story(standing.get(`${row?.channel} ${row?.ts}`))
      return `doubled in ${message.channel}: ${message.text} (${by?.place}: ${by?.story}; the one kept: ${kept?.story})`
    }),
  }
}

/** Nothing waits any more, and nothing was given up. */
export const checkDrained = ({ waiting, untold, leftOver }: Facts): string[] => [
  ...Object.entries(waiting).map(([what, count]) => `${count} ${what} left`),
  ...leftOver.map((what) => `left: ${what}`),
  ...untold.map((what) => `never told: ${what}`),
]
