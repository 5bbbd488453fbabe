// The kill table: every durable step of a life is broken twice, once as failed (its COMMIT never reached the server) and once as failed but persisted (the server
// committed, nobody heard), by killing the process whose step it is and by killing PostgreSQL; and every call to Slack and to the target's door for early ends
// likewise. Steps are found by watching lives in which nothing is broken. After each kill everything is started again and the life goes on. A cell whose
// step does not come (two messages may be told as one) is lived again.

import { decodeJwt } from 'jose'
import { type Attribution, markOf, openAttribution } from './attribution.ts'
import { type Broken, type Cell, MAY_BE_MISSED, type Row, SLACK, TARGET } from './cells.ts'
import type { Gate, Step } from './database-proxy.ts'
import type { Call } from './front.ts'
import { KINDS, type Kind, live, type Told } from './life.ts'
import { peopleOf } from './people.ts'
import { EVENTS, type Hooks, openStand, type Stand } from './stand.ts'

const DRY_LIVES = 3
/** A step that does not come is waited for in so many lives. */
const TRIES = 5
/** How long after its people are done a life still has steps: its lease, and some time to tell of its end. */
const REST_MS = 40_000
const SOON_MS = 2_000

export type Table = {
  readonly stand: Stand
  /** Steps that a life has while its people act, and those when it has come to its end, which is some time later. */
  readonly early: Promise<readonly Broken[]>
  readonly late: Promise<readonly Broken[]>
  /**
   * Breaks these, a batch as soon as it is known, and tells one row for each. A step that does not come in its own place of so many lives is broken at
   * its first: under kills messages are told together, and a life has fewer of them.
   */
  readonly run: (
    batches: readonly Promise<readonly Cell[]>[],
    inPlace: number,
    row: (row: Row) => void,
  ) => Promise<readonly Row[]>
  readonly told: readonly Told[]
  readonly use: (token: string) => Promise<number>
}

type Armed = { readonly cell: Cell; seen: number; readonly fired: PromiseWithResolvers<true>; hasFired: boolean }
type Watching = { readonly counts: Map<string, number> }

/** Opens a stand and finds the steps of a life. */
export async function openTable(hooks: Hooks, lanes: number): Promise<Table> {
  let stand: Stand | undefined
  const attribution: Attribution = openAttribution(() => (stand ? [stand.realm.roots.realm.split(':')[1] ?? ''] : []))
  const armed = new Map<number, Armed>()
  const watched = new Map<number, Watching>()
  const breaking = new WeakMap<object, Armed>()

  /** Counts a step for each life it belongs to; the armed cell that it is for. */
  const meet = (process: string, step: string, lives: ReadonlySet<number>): Armed | undefined => {
    let met: Armed | undefined
    for (const life of lives) {
      const counts = watched.get(life)?.counts
      const key = `${process} ${step}`
      counts?.set(key, (counts.get(key) ?? 0) + 1)
      const arm = armed.get(life)
      if (!arm || arm.hasFired || arm.cell.process !== process || arm.cell.step !== step) continue
      arm.seen += 1
      if (arm.seen === arm.cell.nth) met = arm
    }
    return met
  }
  const fire = async (arm: Armed): Promise<false> => {
    arm.hasFired = true
    // A database that is killed is back later; a process is gone when this returns.
    const killed = stand?.kill(arm.cell.victim)
    if (arm.cell.victim !== 'postgres') await killed
    else killed?.catch(() => undefined)
    arm.fired.resolve(true)
    return false
  }
  const before = async (key: object, process: string, step: string, lives: ReadonlySet<number>): Promise<boolean> => {
    const arm = meet(process, step, lives)
    if (!arm) return true
    if (arm.cell.how === 'failed') return fire(arm)
    breaking.set(key, arm)
    return true
  }
  const after = async (key: object): Promise<boolean> => {
    const arm = breaking.get(key)
    return arm === undefined || arm.hasFired ? true : fire(arm)
  }
  const gate = (process: string): Gate => ({
    before: (step) => before(step, process, nameOf(step), attribution.livesIn(step.values, step.rows)),
    after,
  })
  const outside = {
    before: (call: Call) => {
      const known = stepOfCall(call)
      return known ? before(call, known.process, known.step, attribution.livesIn([known.said])) : Promise.resolve(true)
    },
    after,
  }
  stand = await openStand(hooks, { lanes, bots: 1, issuers: 1, gate, gates: { outside }, order: (all) => all })
  const opened = stand
  const people = peopleOf(stand, () => undefined)
  const told: Told[] = []
  let lives = 0

  const liveOne = async (lane: number, kind: Kind, cell?: Cell) => {
    const life = ++lives
    const watching: Watching = { counts: new Map() }
    const arm: Armed | undefined = cell && { cell, seen: 0, fired: Promise.withResolvers<true>(), hasFired: false }
    watched.set(life, watching)
    if (arm) armed.set(life, arm)
    attribution.begin(lane, life)
    const place = opened.realm.lanes[lane]
    if (!place) throw new RangeError(`no lane ${lane}`)
    const proposed = (request: string) => void attribution.livesIn([`${markOf(life)} ${request}`])
    const lived = await live(people, opened.bot, place, { life, kind, twice: false, proposed })
    told.push(lived)
    return { life, lived, watching, arm }
  }

  const steps = findSteps(lanes, liveOne)
  return {
    stand,
    early: steps.early,
    late: steps.late,
    told,
    use: people.use,
    run: async (batches, inPlace, tell) => {
      const queue: { readonly cell: Cell; readonly tries: number }[] = []
      const rows: Row[] = []
      let coming = batches.length
      let resting = 0
      let stir = Promise.withResolvers<void>()
      const wake = (): void => {
        stir.resolve()
        stir = Promise.withResolvers()
      }
      const take = async (batch: Promise<readonly Cell[]>): Promise<void> => {
        queue.push(...(await batch).map((cell) => ({ cell, tries: 1 })))
        coming -= 1
        wake()
      }
      const breakOne = async (number: number, cell: Cell, tries: number): Promise<void> => {
        const began = performance.now()
        resting += 1
        const { life, lived, arm } = await liveOne(number, cell.kind, cell)
        const ms = performance.now() - began
        // The lane goes on: what is still to come of this life is told by its ids.
        void Promise.race([arm?.fired.promise, afterwards(arm?.hasFired ? 0 : REST_MS)]).then(() => {
          armed.delete(life)
          const came = arm?.hasFired === true
          if (!came && tries < (MAY_BE_MISSED.has(cell.step) ? 1 : TRIES))
            queue.push({ cell: tries < inPlace ? cell : { ...cell, nth: 1 }, tries: tries + 1 })
          else {
            const row = { ...cell, came, ended: lived.lost ? `${lived.ends}, told so` : lived.ends, ms, tries }
            rows.push(row)
            tell(row)
          }
          resting -= 1
          wake()
        })
      }
      const lane = async (number: number): Promise<void> => {
        while (queue.length + coming + resting > 0) {
          const next = queue.shift()
          if (next) await breakOne(number, next.cell, next.tries)
          else await stir.promise
        }
      }
      await Promise.all([...batches.map(take), ...Array.from({ length: lanes }, (_, number) => lane(number))])
      return rows
    },
  }
}

/** A call that is a step, whose it is, and what it says. */
function stepOfCall({
  path,
  body,
}: Call): { readonly process: string; readonly step: string; readonly said: string } | undefined {
  const text = body.toString('utf8')
  if (path === EVENTS) return { process: 'issuer-1', step: `${TARGET}${path}`, said: JSON.stringify(decodeJwt(text)) }
  const method = /^\/api\/([\w.]+)/.exec(path)?.[1]
  if (method === undefined) return undefined
  return { process: 'bot-1', step: `${SLACK}${method}`, said: decodeURIComponent(text.replaceAll('+', ' ')) }
}

const nameOf = ({ changes }: Step): string => [...new Set(changes)].join(' + ')
const afterwards = (ms: number) => new Promise<false>((resolve) => setTimeout(resolve, ms, false))

type LiveOne = (lane: number, kind: Kind) => Promise<{ readonly watching: Watching }>

/** Lives some lives of every kind and keeps the steps that each of a kind had; a step that an earlier kind has is not taken again. */
function findSteps(
  lanes: number,
  liveOne: LiveOne,
): { readonly early: Promise<readonly Broken[]>; readonly late: Promise<readonly Broken[]> } {
  const queue = KINDS.flatMap((kind) => Array.from({ length: kind === 'returned' ? DRY_LIVES : 2 }, () => kind))
  const found: Found[] = []
  const lane = async (number: number): Promise<void> => {
    for (let kind = queue.shift(); kind !== undefined; kind = queue.shift())
      found.push({ kind, ...(await liveOne(number, kind)) })
  }
  const lived = Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)))
  const early = lived.then(() => afterwards(SOON_MS)).then(() => stepsOf(found))
  const late = early
    .then(() => afterwards(REST_MS - SOON_MS))
    .then(async () => {
      const before = new Set((await early).map(keyOf))
      return stepsOf(found).filter((step) => !before.has(keyOf(step)))
    })
  return { early, late }
}

type Found = { readonly kind: Kind; readonly watching: Watching }
const keyOf = ({ process, step, nth }: Broken): string => `${process} ${step} ${nth}`

function stepsOf(found: readonly Found[]): Broken[] {
  const steps: Broken[] = []
  const known = new Set<string>()
  for (const kind of KINDS) {
    const [first, ...others] = found.filter((each) => each.kind === kind).map(({ watching }) => watching.counts)
    for (const [key, count] of first ?? []) {
      if (known.has(key)) continue
      known.add(key)
      const least = Math.min(count, ...others.map((counts) => counts.get(key) ?? 0))
      const space = key.indexOf(' ')
      // Of the steps of later kinds the first shows what is new in them.
      for (let nth = 1; nth <= (kind === 'returned' ? least : Math.min(1, least)); nth += 1)
        steps.push({ process: key.slice(0, space), step: key.slice(space + 1), nth, kind })
    }
  }
  return steps
}
