// Loops that poll: at once when woken, soon when there was work, seldom when there was none. A fault ends a turn, never the loop. A pool takes only as
// many rows as it has room for, so that one that waits long holds up no other.

import type { Logger } from 'pino'

const BUSY_MS = 100
const IDLE_MS = 500

export type Loop = {
  /** Looks at once instead of at the next tick. */
  readonly wake: () => void
  /** Ends after what is under way. */
  readonly stop: () => Promise<void>
}

/** Runs `turn` again and again; it answers whether there was something to do. */
export function startLoop(log: Logger, turn: () => Promise<boolean>): Loop {
  let stopping = false
  let woken = false
  let wakeUp: () => void = () => undefined
  const safely = async (): Promise<boolean> => {
    try {
      return await turn()
    } catch (error) {
      log.error({ err: error }, 'a turn of the worker failed; the next one follows')
      return false
    }
  }
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const running = (async () => {
    while (!stopping) {
      woken = false
      const busy = await safely()
      if (!stopping && !woken) await sleep(busy ? BUSY_MS : IDLE_MS)
    }
  })()
  const wake = () => {
    woken = true
    wakeUp()
  }
  const stop = () => {
    stopping = true
    wake()
    return running
  }
  return { wake, stop }
}

/** Takes rows while there is room and handles each by itself; `handle` answers for its own faults. */
export function startPool<T>(
  log: Logger,
  room: number,
  take: (free: number) => Promise<readonly T[]>,
  handle: (row: T) => Promise<void>,
): Loop {
  const under = new Set<Promise<void>>()
  const loop = startLoop(log, async () => {
    const free = room - under.size
    const rows = free > 0 ? await take(free) : []
    for (const row of rows) {
      const one: Promise<void> = handle(row)
        .catch((error: unknown) => log.error({ err: error }, 'a row failed and comes back when its lease ends'))
        .finally(() => {
          under.delete(one)
          loop.wake()
        })
      under.add(one)
    }
    return rows.length > 0
  })
  return {
    wake: loop.wake,
    stop: async () => {
      await loop.stop()
      await Promise.all(under)
    },
  }
}
