// Slack's way in, as a Fastify plugin of ours that is a Bolt receiver. A delivery is verified over its raw bytes, committed to the inbox, and only then
// acknowledged: Bolt acknowledges events before any listener runs, and Slack never sends an interaction twice, so without the inbox a crash would lose
// both. With it, Bolt's early acknowledgement acknowledges nothing that is not kept: events and clicks reach Bolt later, from the worker.
// Commands and submissions need an answer within three seconds; they run at once, and an answer that comes too late goes to the response URL.
// A duplicate is acknowledged and does nothing; where somebody waits, it gets the answer that Slack did not hear. Hostile: everybody without the signing secret, and other workspaces with it. Slack: "Using HTTP".

import type { App, Receiver } from '@slack/bolt'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BotContext } from '../../commands/context.ts'
import { finishInbox, keepInbox } from '../../db/bot-queries/inbox.ts'
import { COMPOSE } from './compose.ts'
import { type Envelope, readEnvelope } from './envelope.ts'
import { answerLate, isAnsweredAt } from './response-url.ts'
import type { No } from './say-no.ts'
import { verifySlack } from './signature.ts'
import { isUnstorable, refuseUnstorable, withoutUnstorable } from './unstorable.ts'

const BODY_BYTES = 1_048_576
/** Slack gives up after three seconds. */
const ANSWER_MS = 2500
/** When a worker looks after what a process took up at once and never finished. */
const RETAKE_MS = 15_000
/** How many answers are remembered for duplicates. */
const ANSWERS = 200

export type ReceiverOptions = {
  readonly ctx: BotContext
  /** Those that are valid now: one, or two while it is exchanged. */
  readonly signingSecrets: readonly string[]
  readonly teamIds: readonly string[]
  /** Origins at which Slack takes late answers. */
  readonly answersAt: readonly string[]
  /** The app's own id, once Slack has told it. */
  readonly appId: () => string | undefined
  readonly no: No
  readonly log: Pick<FastifyBaseLogger, 'warn' | 'error'>
  /** Something waits for the worker. */
  readonly wake: () => void
}
export type SlackReceiver = Receiver & {
  /** The route `POST /slack/events`, with a parser of its own that leaves other routes alone. */
  readonly routes: (app: FastifyInstance) => Promise<void>
  /** Hands a kept delivery to Bolt; resolves when every listener has ended. */
  readonly process: (body: Record<string, unknown>, answer: (answer: unknown) => Promise<void>) => Promise<void>
}

export function createReceiver(options: ReceiverOptions): SlackReceiver {
  const given: Given = new Map()
  let bolt: App | undefined
  const process: SlackReceiver['process'] = async (body, answer) => {
    if (!bolt) throw new TypeError('the receiver was never given to Bolt')
    // What lay in the inbox may be a row that nobody sent.
    if (leadsElsewhere(options, body))
      return options.log.error('what was kept from Slack wants its answer elsewhere: it is dropped')
    await bolt.processEvent({ body, ack: (given) => answer(given) })
  }
  return {
    init: (app) => {
      bolt = app
    },
    start: async () => undefined,
    stop: async () => undefined,
    process,
    routes: async (app) => {
      app.removeAllContentTypeParsers()
      app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES }, (_request, body, done) => done(null, body))
      app.post('/slack/events', (request, reply) => receive({ ...options, given }, process, request, reply))
    },
  }
}

/** The answers of late, by inbox id: of this process alone, and lost with it. */
type Given = Map<string, Promise<unknown>>

async function receive(
  options: ReceiverOptions & { readonly given: Given },
  process: SlackReceiver['process'],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const text = raw.toString('utf8')
  // Slack's certificate check is not signed. It gets its empty answer and nothing else; nothing of its body is used. Anybody can send a megabyte
  // here, so the pattern must not run away: it repeats nothing.
  if (/(?:^|&)ssl_check=1(?:&|$)/.test(text)) return reply.code(200).send('')
  const { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature } = request.headers
  if (!verifySlack(options.signingSecrets, { body: raw, timestamp, signature }, options.ctx.now()))
    return reply.code(401).send({ reason: 'not_from_slack' })
  const incoming = readEnvelope(request.headers['content-type'] ?? '', text)
  if (incoming.is === 'nonsense') return reply.code(400).send({ reason: 'malformed' })
  if (incoming.is === 'challenge') return reply.send({ challenge: incoming.challenge })
  const envelope =
    incoming.envelope.kind === 'event'
      ? { ...incoming.envelope, body: withoutUnstorable(incoming.envelope.body) }
      : incoming.envelope
  const foreign = foreignness(options, envelope)
  if (foreign) {
    options.log.warn({ foreign, team: envelope.team, kind: envelope.kind }, 'a delivery for another workspace or app was refused')
    return reply.code(403).header('x-slack-no-retry', '1').send({ reason: foreign })
  }
  if (envelope.kind === 'ignored') return reply.code(200).send('')
  if (isUnstorable(envelope.body)) {
    options.log.warn({ kind: envelope.kind }, 'a delivery that holds what cannot be kept was refused')
    return reply.code(200).send(refuseUnstorable(envelope.kind, envelope.body, options.no))
  }
  const hot = envelope.kind !== 'event' && envelope.kind !== 'click'
  const now = options.ctx.now()
  const { inboxId: id, kind, body } = envelope
  if (!(await keepInbox(options.ctx.db, { id, kind, payload: body }, now, new Date(now.getTime() + (hot ? RETAKE_MS : 0)))))
    return sendAnswer(reply, await options.given.get(id))
  if (!hot) {
    options.wake()
    return reply.code(200).send('')
  }
  const answer = answerAtOnce(options, process, envelope)
  options.given.set(id, answer)
  const [oldest] = options.given.keys()
  if (options.given.size > ANSWERS && oldest !== undefined) options.given.delete(oldest)
  return sendAnswer(reply, await answer)
}

const sendAnswer = (reply: FastifyReply, answer: unknown): FastifyReply =>
  reply.code(200).send(typeof answer === 'string' && answer !== '' ? { text: answer } : (answer ?? ''))

const leadsElsewhere = ({ answersAt }: ReceiverOptions, { response_url: url }: Record<string, unknown>): boolean =>
  typeof url === 'string' && !isAnsweredAt(answersAt, url)

function foreignness(options: ReceiverOptions, { team, app, body }: Envelope): string | undefined {
  const { teamIds, appId } = options
  if (!teamIds.includes(team)) return 'foreign_workspace'
  if (leadsElsewhere(options, body)) return 'foreign_response_url'
  const own = appId()
  return own !== undefined && app !== undefined && app !== own ? 'foreign_app' : undefined
}

async function answerAtOnce(
  { ctx, log, no }: ReceiverOptions,
  process: SlackReceiver['process'],
  { inboxId, kind, body }: Envelope,
): Promise<unknown> {
  const answers = Promise.withResolvers<unknown>()
  let open = true
  const timer = setTimeout(() => answers.resolve(lateAnswer(kind)), ANSWER_MS)
  const work = process(body, async (answer) => {
    if (open) answers.resolve(answer)
    else await answerLate(body, answer)
  })
  work.then(
    () => answers.resolve(undefined),
    (error: unknown) => {
      log.error({ err: error, inbox: inboxId, kind }, 'a listener failed')
      answers.resolve(faultAnswer(kind, inboxId, body, no))
    },
  )
  // Done is done, and a fault has been told to the person, who can try again: only a process that dies leaves this for the worker.
  const finished = work.catch(() => undefined).then(() => finishInbox(ctx.db, inboxId, ctx.now()))
  finished.catch((error: unknown) => log.error({ err: error, inbox: inboxId }, 'the inbox could not be marked'))
  const answer = await answers.promise
  open = false
  clearTimeout(timer)
  return answer
}

const lateAnswer = (kind: Envelope['kind']): unknown =>
  kind === 'command' ? { response_type: 'ephemeral', text: 'This takes longer than usual. The answer follows here.' } : undefined

function faultAnswer(kind: Envelope['kind'], inboxId: string, body: Record<string, unknown>, no: No): unknown {
  const reference = inboxId.slice(-12)
  const words = `Something went wrong on our side; nothing was done. Try again, and tell whoever runs Countersign: ${reference}.`
  if (kind === 'command') return { response_type: 'ephemeral', ...no.message(words) }
  if (kind !== 'submission') return undefined
  // What was typed stays where the form has the field for it.
  const { view } = body as { view?: { callback_id?: unknown } }
  if (view?.callback_id === COMPOSE) return { response_action: 'errors', errors: { reason: no.text(words) } }
  return { response_action: 'update', view: no.view('Not done', words) }
}
