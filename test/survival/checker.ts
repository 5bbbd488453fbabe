// The checker: state, evidence, log, target and Slack, held against each other when nothing moves any more. What it finds is told in sentences.

import type { Kysely } from 'kysely'
import type { Schema } from '../../src/db/schema.ts'
import { checkEnds, latestEndMs } from './check-ends.ts'
import { checkClocks, checkEvidence, checkTimes, type Tolerance } from './check-evidence.ts'
import { checkLog } from './check-log.ts'
import { checkDrained, checkLives, checkSlack, checkTarget } from './check-outside.ts'
import { checkRecalls, refusedEarly } from './check-recalls.ts'
import { countWaiting, type Facts, messagesIn, type Outside, readFacts } from './facts.ts'
import type { Told } from './life.ts'
import { until } from './people.ts'
import type { Stand } from './stand.ts'

export type Checked = {
  readonly problems: readonly string[]
  readonly doubled: readonly string[]
  readonly checks: number
  /** How many tokens the target refused between the confirmation of their end and their own time. */
  readonly refusedEarly: number
  /** How late a grant ended at most, beside the outages. */
  readonly latestEndMs: number
}

/** Holds everything against everything. */
export async function check(facts: Facts, outside: Outside, db: Kysely<Schema>, tolerance: Tolerance): Promise<Checked> {
  const slack = checkSlack(facts, outside)
  const problems = [
    ...checkDrained(facts),
    ...checkLives(facts, outside),
    ...checkLog(facts),
    ...(await checkEvidence(facts, db)),
    ...checkTimes(facts, tolerance),
    ...checkEnds(facts, outside, tolerance),
    ...checkRecalls(facts, outside, tolerance),
    ...checkClocks(facts),
    ...checkTarget(facts, outside),
    ...slack.problems,
  ].map((problem) => withStory(facts, problem))
  const checks = [outside.told, facts.entries, facts.grant, facts.credential, facts.message, outside.uses].reduce(
    (sum, all) => sum + all.length,
    0,
  )
  return {
    problems,
    doubled: slack.doubled,
    checks,
    refusedEarly: refusedEarly(outside),
    latestEndMs: latestEndMs(facts, outside),
  }
}

/** A problem, with all that the log tells of the request that it names or whose credential it names: the next run is another one. */
function withStory({ credential, entries }: Facts, problem: string): string {
  const named = /\b[0-7][0-9a-hjkmnp-tv-z]{25}\b/.exec(problem)?.[0]
  const about = credential.find(({ id }) => id === named)?.request_id ?? named
  const story = entries
    .filter(({ request }) => about !== undefined && request === about)
    .map(({ at, type, body }) => `${at.toISOString()} ${type}${body['reason'] ? ` (${JSON.stringify(body['reason'])})` : ''}`)
  return story.length === 0 ? problem : `${problem}; the log: ${story.join(', ')}`
}

/** Waits until nothing moves on a stand, tries every token once more at the target, stops its processes, and checks it all. */
export async function checkStand(
  stand: Stand,
  told: readonly Told[],
  tolerance: Tolerance,
  use: (token: string) => Promise<number>,
): Promise<Checked> {
  await stand.ready()
  // Clocks were stepped: what was there when the last life ended may bear a later time than this.
  const before = new Date(Date.now() + tolerance.clockMs)
  let waiting: Readonly<Record<string, number>> = {}
  await until('everything to come to rest', async () => {
    waiting = await countWaiting(stand.db, before).catch(() => ({ 'the database': 1 }))
    return Object.keys(waiting).length === 0 && new Date() > before ? true : undefined
  }).catch(() => undefined)
  const late: string[] = []
  for (const { life, token } of told)
    if (token !== undefined && (await use(token)) !== 401) late.push(`life ${life}: its token is taken after its end`)
  // Stopping them is no outage.
  const outages = stand.outages()
  // What is read in two steps must not change between them.
  await Promise.all(stand.processes.map((each) => each.stop()))
  const { uses, taken } = stand
  const outside = { messages: messagesIn(stand.workspace), uses, taken, outages, told }
  const checked = await check(await readFacts(stand.db, stand.realm.roots, before), outside, stand.db, tolerance)
  return { ...checked, problems: [...late, ...checked.problems] }
}
