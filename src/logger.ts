// The logs of both processes. Redaction holds by construction, not by a list of keys: of what is logged only words, numbers and lists of them are kept;
// an error keeps name, message, code and stack, never what an SDK hung on it (`config`, `headers`, `request`); and every finished line loses whatever
// looks like a token. While a request is served, each line carries its reference, which the answer names in `x-request-id`.

import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { type DestinationStream, type Logger, pino } from 'pino'

const CAUSES = 3
const served = new AsyncLocalStorage<string>()

/** Opens the log of a process. */
export const openLogger = (name: string, level: string, to: DestinationStream = process.stderr): Logger =>
  pino(
    {
      name,
      level,
      mixin: () => {
        const reference = served.getStore()
        return reference === undefined ? {} : { reference }
      },
      // It would keep whatever else an error carries; what is left of one by then is plain words.
      serializers: { err: (value: unknown) => value },
      formatters: { log: (record) => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, plain(value)])) },
      hooks: { streamWrite: withoutSecrets },
    },
    to,
  )

/** What names one request in the log and in the answer. */
export const newReference = (): string => randomBytes(6).toString('hex')

/** Puts the reference on every answer and on every line that is logged while its handler works; the route is told, never the address. */
export function traceRequests(app: FastifyInstance, log: Logger): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  // After the body was read: its events belong to the connection, not to this request.
  app.addHook('preHandler', (request, _reply, done) => served.run(request.id, done))
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request
    const milliseconds = Math.round(reply.elapsedTime)
    log.debug({ reference: request.id, method, route: routeOptions.url, status: reply.statusCode, milliseconds }, 'answered')
  })
}

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\bx(?:ox[a-z]|app)-[\w-]+/g, '[token]'],
  [/\bBearer +[\w.~+/-]+=*/gi, 'Bearer [token]'],
  [/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*/g, '[token]'],
  // To the last @ there is: a password may hold some, and a slash.
  [/\b(postgres(?:ql)?:\/\/[^\s:@/"]*):[^\s"]+@/g, '$1:[password]@'],
  [/([?&](?:ssl)?password=)[^\s"&]*/gi, '$1[password]'],
  [/\b(hooks\.slack(?:-gov)?\.com)\/[\w/-]+/g, '$1/[token]'],
]

/** A text without what looks like a token or a password. */
export const withoutSecrets = (text: string): string =>
  SECRETS.reduce((left, [pattern, instead]) => left.replaceAll(pattern, instead), text)

type Told = { type: string; message: string; code?: string; stack?: string; cause?: Told }

function told(error: Error, causes = CAUSES): Told {
  const { name, message, stack, cause } = error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    type: name,
    message,
    ...(code !== undefined && { code }),
    ...(stack !== undefined && { stack }),
    ...(cause instanceof Error && causes > 0 && { cause: told(cause, causes - 1) }),
  }
}

function plain(value: unknown): unknown {
  if (value instanceof Error) return told(value)
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === 'object' && value !== null ? '[object]' : value
}
