// Whole lives over HTTP in a running sandbox, with one bot and with three on the same database: people type in Slack, follow links, tap and claim. One life
// after the other tells how long people wait, eight at once what the processes can do, and what each of them uses for a life; between them stands what
// they use when nobody asks for anything. The further bots are given what the sandbox gave the first.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { slackSecrets } from '../../src/sandbox/prepare.ts'
import { TEAM_ID } from '../../src/sandbox/world.ts'
import { postgresOf, postmasterOf } from '../support/product.ts'
import { slackDriver } from '../support/slack-driver.ts'
import { usedBy } from './consumption.ts'
import { during } from './during.ts'
import { forkBot } from './fork-bot.ts'
import { type Benchmark, type Hooks, type Line, median } from './measure.ts'
import { begin, descendants, newFolder, type Place } from './start.ts'
import { openVisits } from './visit.ts'

const BOTS = [1, 3] as const
const CONCURRENCY = [1, 8] as const
const ROUNDS = 2
const ROUND_MS = 2500
const IDLE_MS = 2000

export const bots: Benchmark = async (hooks, tell) => {
  if (process.platform !== 'linux') return []
  const place = await newFolder(hooks)
  const running = await begin(hooks, place)
  const { visit, settled } = openLives(place)
  for (let at = 0; at < 5; at += 1) await visit()
  const used = () => consumed(processes(running.process.pid ?? 0, place))
  const lines: Line[] = []
  for (const count of BOTS) {
    const of = () => processes(running.process.pid ?? 0, place)
    for (let more = [...of()].filter(([, name]) => name === 'bot').length; more < count; more += 1) await startBot(hooks, place)
    const bots = count === 1 ? '1 bot' : `${count} bots`
    await settled()
    const before = used()
    await wait(IDLE_MS)
    lines.push({ what: `processor time of a second, ${bots}, idle`, unit: 'ms', measured: each(before, used(), IDLE_MS / 1000) })
    for (const concurrency of CONCURRENCY) {
      const rates: number[] = []
      const costs: Costs[] = []
      for (let round = 0; round < ROUNDS; round += 1) {
        const before = used()
        const lived = await during(Array.from({ length: concurrency }), ROUND_MS, async () => void (await visit()))
        // People have what they wanted; what Slack is told of it afterwards belongs to the life all the same.
        await settled()
        rates.push(lived.count / (lived.ms / 1000))
        costs.push(each(before, used(), lived.count))
        tell(`${bots}, ${concurrency} at once, round ${round + 1}: ${rates.at(-1)?.toFixed(1)} a second`)
      }
      lines.push(
        { what: `whole lives over HTTP, ${bots}, ${concurrency} at once`, unit: 'per second', measured: { '': median(rates) } },
        { what: `processor time of a life, ${bots}, ${concurrency} at once`, unit: 'ms', measured: middle(costs) },
      )
    }
  }
  return lines
}

const SETTLED_MS = 750

/** Lives, and a wait until the bots have said nothing in Slack for a while. */
function openLives({ slack, issuer }: Place) {
  const driver = slackDriver(slack)
  const settled = async (): Promise<void> => {
    for (let calls = -1, now = 0; calls !== now; await wait(SETTLED_MS)) {
      calls = now
      now = (await driver.calls()).length
    }
  }
  return { visit: openVisits(slack, issuer), settled }
}

type Processes = ReadonlyMap<number, string>
type Costs = Readonly<Record<string, number>>

/** What runs, by what it is: `slack` is the simulated one, in the process that started the others. The people are this process and are not counted. */
function processes(owner: number, { dir }: Place): Processes {
  const own = [...descendants({ pid: owner }), ...descendants({ pid: process.pid })].flatMap(({ pid, command }) => {
    const name = command.at(-1) ?? ''
    return ['bot', 'issuer', 'start'].includes(name) && command[0] !== 'npm'
      ? [[pid, name === 'start' ? 'slack' : name] as const]
      : []
  })
  const postmaster = postmasterOf(dir) ?? 0
  const servers = [{ pid: postmaster }, ...descendants({ pid: postmaster })].map(({ pid }) => [pid, 'postgres'] as const)
  return new Map([...own, ...servers])
}

function consumed(all: Processes): Costs {
  const sums: Record<string, number> = {}
  for (const [pid, name] of all) sums[name] = (sums[name] ?? 0) + usedBy(pid)
  return sums
}

const each = (before: Costs, after: Costs, count: number): Costs =>
  Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, (ms - (before[name] ?? 0)) / count]))

const middle = (all: readonly Costs[]): Costs =>
  Object.fromEntries(Object.keys(all[0] ?? {}).map((name) => [name, median(all.map((one) => one[name] ?? 0))]))

/** One more bot of the same sandbox, on a port of its own. */
async function startBot(hooks: Hooks, { dir, environment: { PATH, HOME, PORT }, slack, issuer }: Place): Promise<void> {
  const logins = JSON.parse(readFileSync(join(dir, 'database-logins.json'), 'utf8')) as { bot: string }
  const { botToken, signingSecret } = slackSecrets(dir)
  await forkBot(hooks, {
    ...{ PATH, HOME },
    DATABASE_URL: `postgres://countersign_bot_login:${logins.bot}@127.0.0.1:${postgresOf(dir).port}/countersign`,
    PUBLIC_URL: `http://localhost:${PORT}`,
    ISSUER_URL: issuer,
    TRUST_ROOTS: join(dir, 'trust-roots.json'),
    SLACK_BOT_TOKEN: botToken,
    SLACK_SIGNING_SECRET: signingSecret,
    SLACK_TEAM_IDS: TEAM_ID,
    SLACK_API_URL: `${slack}/api/`,
  })
}
