// Stands between one process and PostgreSQL and knows when something is about to become durable: the COMMIT of a transaction that wrote, or a write outside
// of any transaction, which is put into one of its own so that both can be held at the same place. Before the COMMIT goes on and again when the server has
// said that it is done, `gate` is asked: what it refuses never reaches the other side (failed), or was done and never heard of (failed but persisted).

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { changeOf, type Frame, framer, IDLE, isCommit, isWrite, query, statusOf, type Turn, turns } from './wire.ts'

/** One thing that became durable: what it changed, and every value it named or got back. */
export type Step = { readonly changes: readonly string[]; readonly values: readonly string[]; readonly rows: readonly string[] }
export type Gate = {
  /** Whether it may reach the server. Waiting here is a slow disk. */
  readonly before: (step: Step) => Promise<boolean>
  /** Whether the process may hear that it is done. */
  readonly after: (step: Step) => Promise<boolean>
}
export type DatabaseProxy = {
  readonly port: number
  /** Breaks every connection, as a network does. */
  readonly cut: () => void
  readonly close: () => Promise<void>
}

/** Listens for the process and forwards to the PostgreSQL at this port of 127.0.0.1. */
export async function openDatabaseProxy(target: number, gate: Gate): Promise<DatabaseProxy> {
  const open = new Set<Socket>()
  const server: Server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    carry(client, upstream, gate).catch(() => {
      client.destroy()
      upstream.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    cut: () => {
      for (const socket of open) socket.destroy()
    },
    close: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The life of one connection: one turn after the other, each up to the server's ReadyForQuery. */
async function carry(client: Socket, upstream: Socket, gate: Gate): Promise<void> {
  const answers = inbox(upstream, framer(false))
  const asked = inbox(client, framer(true))
  const gather = turns()
  const send = (...frames: readonly Frame[]) => upstream.write(Buffer.concat(frames.map(({ bytes }) => bytes)))
  const tell = (frames: readonly Frame[]) => client.write(Buffer.concat(frames.map(({ bytes }) => bytes)))
  /** The answers to what was sent; told as they come, or kept back. */
  const settle = async (kept: boolean, turns = 1): Promise<Frame[]> => {
    const all: Frame[] = []
    for (let ends = 0; ends < turns; ) {
      const some = await answers()
      all.push(...some)
      if (!kept) tell(some)
      ends += some.filter(endsTurn).length
    }
    return all
  }
  let status = 'I'
  let step: { changes: string[]; values: string[]; rows: string[] } = nothing()
  const note = (turn: Turn, said: readonly Frame[]): void => {
    const change = changeOf(turn, said)
    if (change !== undefined) step.changes.push(change)
    step.values.push(...turn.values)
    if (change !== undefined)
      step.rows.push(...said.filter(({ type }) => type === 'D').map(({ bytes }) => bytes.toString('latin1')))
  }
  const close = () => {
    client.destroy()
    upstream.destroy()
  }

  /** Turns that make nothing durable. */
  const carryOn = async (together: readonly Turn[]): Promise<void> => {
    send(...together.flatMap(({ frames }) => frames))
    const said = await settle(false, together.length)
    let at = 0
    for (const turn of together) {
      const end = said.findIndex(({ type }, index) => index >= at && type === 'Z')
      note(turn, said.slice(at, end + 1))
      at = end + 1
    }
    const ready = said.at(-1)
    if (ready?.type === 'Z') status = statusOf(ready)
  }
  /** A write outside of any transaction: whether it changes anything is known before it is committed. */
  const carryWrite = async (turn: Turn): Promise<boolean> => {
    send(query('begin'), ...turn.frames)
    const both = await settle(true, 2)
    const said = both.slice(both.findIndex(({ type }) => type === 'Z') + 1)
    step = nothing()
    note(turn, said)
    const failed = statusOf(said.at(-1) ?? IDLE) === 'E'
    const durable = !failed && step.changes.length > 0
    if (durable && !(await gate.before(step))) return false
    send(query(failed ? 'rollback' : 'commit'))
    const done = await settle(true)
    if (durable && !(await gate.after(step))) return false
    const misled = done.filter(({ type }) => type === 'E')
    tell(misled.length > 0 ? [...misled, IDLE] : [...said.slice(0, -1), IDLE])
    return true
  }
  /** The end of a transaction that wrote. */
  const carryCommit = async (turn: Turn): Promise<boolean> => {
    if (!(await gate.before(step))) return false
    send(...turn.frames)
    const said = await settle(true)
    const ready = said.at(-1)
    if (ready?.type === 'Z') status = statusOf(ready)
    if (!(await gate.after(step))) return false
    tell(said)
    return true
  }

  for (;;) {
    const waiting = (await asked()).flatMap((frame) => gather(frame) ?? [])
    while (waiting.length > 0) {
      const together = harmless(waiting, status)
      waiting.splice(0, together.length)
      if (together.length > 0) await carryOn(together)
      else {
        const [turn] = waiting.splice(0, 1)
        if (!turn || turn.frames[0]?.type === 'X') return close()
        if (isCommit(turn.sql)) {
          if (step.changes.length === 0) await carryOn([turn])
          else if (!(await carryCommit(turn))) return close()
        } else if (!(await carryWrite(turn))) return close()
      }
      if (status === 'I') step = nothing()
    }
  }
}

/** Of what a client has sent, as much as can make nothing durable: it goes on together, as it came. A transaction begins afresh, and ends the rest. */
function harmless(waiting: readonly Turn[], status: string): readonly Turn[] {
  const found: Turn[] = []
  let inside = status !== 'I'
  for (const turn of waiting) {
    const begins = /^\s*begin\b/i.test(turn.sql)
    if (turn.frames[0]?.type === 'X' || isCommit(turn.sql) || (!inside && isWrite(turn.sql)) || (begins && found.length > 0))
      break
    found.push(turn)
    inside ||= begins
    if (/^\s*rollback\b/i.test(turn.sql)) break
  }
  return found
}

/** ReadyForQuery; nothing follows a demand of authentication either until the client answers it. */
const endsTurn = ({ type, bytes }: Frame): boolean =>
  type === 'Z' || (type === 'R' && bytes.readInt32BE(5) !== 0 && bytes.readInt32BE(5) !== 12)

const nothing = () => ({ changes: [], values: [], rows: [] })

/** What a socket brings, frame by frame, for who asks in turn; ends with the socket. */
function inbox(socket: Socket, frames: (chunk: Buffer) => Frame[]): () => Promise<Frame[]> {
  let kept: Frame[] = []
  let wake: (() => void) | undefined
  socket.on('data', (chunk) => {
    kept.push(...frames(chunk))
    wake?.()
  })
  socket.on('close', () => wake?.())
  return async () => {
    while (kept.length === 0) {
      if (socket.destroyed) throw new Error('the connection has ended')
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    const some = kept
    kept = []
    return some
  }
}
