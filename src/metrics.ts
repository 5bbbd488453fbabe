// What an operator watches, for Prometheus. Every entry is counted as it commits, so whatever stands in the log can be watched and no command counts
// anything itself; beside it stand the times of the edges. Nobody is named: labels come from closed sets, and a value that does not look like a word of
// ours is `other`. Opened only where METRICS_TOKEN is set: without one there is no `/metrics`, because a proxy on this very host makes the whole world
// come from loopback.

import { createHash, timingSafeEqual } from 'node:crypto'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { FastifyInstance } from 'fastify'
import about from '../package.json' with { type: 'json' }
import type { Watch } from './commands/context.ts'
import type { PoolCounts } from './db/connect.ts'

export type Metrics = {
  /** For the context of commands. */
  readonly watch: Watch
  /** Times what an app answers, and gives it `GET /metrics` for whoever knows the token. */
  readonly serve: (app: FastifyInstance) => void
  readonly watchPool: (counts: () => PoolCounts) => void
  /** A gauge that is looked up when somebody asks, with a value for each word of its label; a look that fails leaves it out. */
  readonly gauge: {
    (name: string, help: string, look: () => Promise<number>): void
    (name: string, help: string, look: () => Promise<Readonly<Record<string, number>>>, label: string): void
  }
}

const FAST = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
const HUMAN = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 5400]

/** Opens the metrics of one process. */
export function openMetrics(process: 'bot' | 'issuer', token: string): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({ name: 'countersign_build_info', help: 'What runs here', labelNames: ['version', 'process'], registers }).set(
    { version: about.version, process },
    1,
  )
  const entries = new Counter({
    name: 'countersign_entries_total',
    help: 'Entries committed to the log by this process; kind and reason where an entry has them',
    labelNames: ['type', 'kind', 'reason'],
    registers,
  })
  const requests = new Histogram({
    name: 'countersign_http_request_duration_seconds',
    help: 'HTTP requests answered',
    labelNames: ['route', 'status'],
    buckets: FAST,
    registers,
  })
  const gauge: Metrics['gauge'] = (
    name: string,
    help: string,
    look: () => Promise<number | Readonly<Record<string, number>>>,
    label?: string,
  ): void => {
    new Gauge<string>({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers,
      async collect() {
        const found = await look().catch(() => undefined)
        // Without a label `reset` would say zero; with one `remove` would need each word.
        if (label === undefined) this.remove()
        else this.reset()
        if (typeof found === 'number') this.set(found)
        else if (label !== undefined) for (const [word, value] of Object.entries(found ?? {})) this.set({ [label]: word }, value)
      },
    })
  }
  return {
    gauge,
    watch: {
      committed: (made) => {
        for (const { type, body } of made) entries.inc({ type, kind: word(body['kind']), reason: word(body['reason']) })
      },
      ...(process === 'issuer' ? issuers(registers) : bots(registers)),
    },
    watchPool: (counts) =>
      gauge(
        'countersign_database_connections',
        'The pool: connections in use and idle, and who waits for one',
        async () => ({ ...counts() }),
        'state',
      ),
    serve: (app) => {
      app.addHook('onResponse', async ({ routeOptions }, reply) =>
        requests.observe({ route: routeOptions.url ?? 'none', status: reply.statusCode }, reply.elapsedTime / 1000),
      )
      app.get('/metrics', async (request, reply) => {
        if (!isToken(request.headers.authorization, token))
          return reply.code(401).header('www-authenticate', 'Bearer').send({ reason: 'metrics_token' })
        return reply.type(registry.contentType).send(await registry.metrics())
      })
    },
  }
}

function issuers(registers: Registry[]): Pick<Watch, 'round' | 'issued'> {
  const rounds = new Histogram({
    name: 'countersign_round_duration_seconds',
    help: 'Rounds of what the issuer does by itself',
    labelNames: ['round', 'outcome'],
    buckets: FAST,
    registers,
  })
  const waited = new Histogram({
    name: 'countersign_approved_to_issued_seconds',
    help: 'From the last assertion that a request needed to its first credential; people may wait before they fetch it',
    buckets: HUMAN,
    registers,
  })
  return {
    round: (round, outcome, seconds) => rounds.observe({ round, outcome }, seconds),
    issued: (seconds) => waited.observe(seconds),
  }
}

function bots(registers: Registry[]): Pick<Watch, 'called'> {
  const calls = new Counter({
    name: 'countersign_slack_calls_total',
    help: 'Calls of Slack’s Web API: ok, refused with an error, limited, broken answers and no answer',
    labelNames: ['method', 'outcome'],
    registers,
  })
  return { called: (method, outcome) => calls.inc({ method, outcome }) }
}

const word = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' && /^[a-z_]{1,40}$/.test(value) ? value : 'other'

/** Compares digests, so that neither length nor time tells anything. */
function isToken(header: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`))
}
