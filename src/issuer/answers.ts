// How the issuer's doors say no: a refusal as its reason and its sentence with one status per reason; a fault as a reference that stands in the log
// beside the error. Raw error text never leaves. Pages get the same as HTML.

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { ZodError } from 'zod'
import type { Refusal } from '../domain/refusal.ts'
import { refusalWords } from '../domain/words.ts'
import type { Site } from './pages/frame.ts'
import { notice } from './pages/notice.ts'

type Status = 403 | 404 | 409 | 410 | 412 | 422 | 503

const STATUS: { readonly [R in Refusal['reason']]: Status } = {
  unknown_person: 404,
  unknown_action: 404,
  bad_parameter: 422,
  bad_reason: 422,
  bad_lease: 422,
  not_eligible_to_ask: 403,
  derived_differently: 409,
  times_too_long: 422,
  too_many_open: 409,
  too_many_statements: 409,
  unknown_request: 404,
  not_ready: 409,
  request_ended: 410,
  too_late: 410,
  not_yet: 409,
  not_confirmed: 409,
  not_approved: 409,
  already_claimed: 409,
  held: 409,
  not_yours: 403,
  not_eligible_to_object: 403,
  not_your_objection: 403,
  no_grant: 404,
  no_receipt: 404,
  malformed: 422,
  foreign_realm: 403,
  nonce_stale: 410,
  nonce_used: 409,
  nonce_forged: 403,
  unknown_passkey: 403,
  passkey_inactive: 403,
  assertion_refused: 403,
  self_approval: 403,
  not_an_approver: 403,
  already_decided: 409,
  no_approver_role: 403,
  passkey_not_in_full: 403,
  passkey_not_accepted: 403,
  passkey_cooling_down: 403,
  too_few_passkeys: 403,
  gained_too_recently: 403,
  evidence_refused: 403,
  changed_since: 412,
  not_an_administrator: 403,
  already_enrolled: 409,
  key_not_accepted: 403,
  too_many_keys: 409,
  too_many_added: 409,
  unknown_registration: 404,
  only_administrators: 409,
  provider_refused: 403,
  directory_moved: 412,
  change_waits: 409,
  change_refused: 403,
  nothing_to_recover: 409,
  recovery_differs: 412,
  passkey_held: 403,
  unknown_change: 404,
  change_too_old: 410,
  no_key_of_yours: 403,
  already_held: 409,
  not_held: 409,
  key_too_new: 403,
  key_too_weak: 403,
  key_in_doubt: 403,
  administrator_needed: 409,
  foreign_holder_key: 403,
  claim_signature: 403,
  claim_differs: 409,
  claim_out_of_turn: 409,
  confirmation_too_old: 412,
  grant_ended: 410,
  still_issuing: 409,
  issue_failed: 409,
  minting_stopped: 503,
  unknown_view: 404,
  unknown_offer: 404,
  signed_out: 403,
  not_permitted: 403,
}

/** Refusals of the door itself, before any command is asked. */
export type DoorRefusal = 'too_large' | 'not_json' | 'wrong_origin' | 'wrong_host' | 'slow_down' | 'not_found' | 'malformed'
const DOOR: { readonly [R in DoorRefusal]: readonly [status: number, words: string] } = {
  too_large: [413, 'That is more than 16 KB. Nothing was read.'],
  not_json: [415, 'Send application/json.'],
  wrong_origin: [403, 'This was not sent from the issuer’s own page. Open the link from the message and try again there.'],
  wrong_host: [421, 'This is not the address of this Countersign.'],
  slow_down: [429, 'Too many tries from here. Wait half a minute, then try again.'],
  not_found: [404, 'There is nothing here. Open the newest message about the request.'],
  malformed: [422, 'This message is not in the form that is taken here. Reload the page and try again.'],
}

/** Thrown by the checks in front of the doors; the error handler answers it. */
export class Turned extends Error {
  readonly door: DoorRefusal
  readonly path: string | undefined
  constructor(door: DoorRefusal, path?: string) {
    super(door)
    this.door = door
    this.path = path
  }
}

/** Answers a refusal. */
export const refuseWith = (reply: FastifyReply, refusal: Refusal): FastifyReply =>
  reply.code(STATUS[refusal.reason]).send({ reason: refusal.reason, words: refusalWords(refusal) })

/** Answers a command's outcome: what it gives, or its refusal. */
export const answer = <T extends object>(
  reply: FastifyReply,
  outcome: ({ readonly ok: true } & T) | { readonly ok: false; readonly refusal: Refusal },
  give: (value: T) => object,
): FastifyReply => (outcome.ok ? reply.send(give(outcome)) : refuseWith(reply, outcome.refusal))

/** The one error handler. */
export const answerError =
  (site: Site, log: Logger) =>
  (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const turned = turnedBy(error)
    if (turned) return turn(site, request, reply, turned)
    const reference = request.id
    log.error({ err: error, reference, route: request.routeOptions.url }, 'a request failed')
    reply.code(500)
    return wantsPage(request)
      ? reply
          .type('text/html; charset=utf-8')
          .send(
            notice(
              site,
              'Something went wrong',
              `It is in the log as ${reference}. Reload the page; nothing was recorded twice.`,
            ),
          )
      : reply.send({ reason: 'fault', reference, words: `Something went wrong here (reference ${reference}). Try again.` })
  }

/** Answers a refusal of the door, as a page where a person looks. */
export function turn(site: Site, request: FastifyRequest, reply: FastifyReply, { door, path }: Turned): FastifyReply {
  const [status, words] = DOOR[door]
  reply.code(status)
  if (door === 'slow_down') reply.header('retry-after', '30')
  if (wantsPage(request))
    return reply.type('text/html; charset=utf-8').send(notice(site, status === 404 ? 'Nothing here' : 'Not taken', words))
  return reply.send({ reason: door, words, ...(path === undefined ? {} : { path }) })
}

function turnedBy(error: FastifyError | Error): Turned | undefined {
  if (error instanceof Turned) return error
  // Only the place of the first misfit goes back, never what stood there.
  if (error instanceof ZodError) return new Turned('malformed', `/${(error.issues[0]?.path ?? []).map(String).join('/')}`)
  const code = 'code' in error ? error.code : undefined
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Turned('too_large')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new Turned('not_json')
  const status = 'statusCode' in error ? error.statusCode : undefined
  return status !== undefined && status >= 400 && status < 500 ? new Turned('malformed') : undefined
}

/** Whether a person looks: a GET of no JSON door. */
const wantsPage = ({ method, url }: FastifyRequest): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  !/^\/(?:v1|static|healthz|readyz|jwks\.json|oidc(?!\/return\b)|\.well-known|ssh|log)\b/.test(url)
