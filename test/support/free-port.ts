// Ports for servers that cannot choose one themselves. Files run side by side, and every connection they open takes a port of the system's choosing: one
// that was free a moment ago is soon somebody's. So these lie below the range that systems choose from, and a process has a block of them for itself
// for as long as it lives: it listens on the first.

import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

const FIRST = 20_000
const BLOCK = 25
const BLOCKS = 480

let next = 0
let end = 0
let block = Math.floor(Math.random() * BLOCKS)

/** A port that nobody listens on, and that no other process of the tests is given while this one lives. */
export async function freePort(): Promise<number> {
  for (;;) {
    if (next === end) await takeBlock()
    const port = next++
    const server = await listening(port)
    if (!server) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

/** Several of them. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  while (ports.length < count) ports.push(await freePort())
  return ports
}

async function takeBlock(): Promise<void> {
  for (let tried = 0; tried < BLOCKS; tried++) {
    block = (block + 1) % BLOCKS
    const guard = await listening(FIRST + block * BLOCK)
    if (!guard) continue
    guard.unref()
    next = FIRST + block * BLOCK + 1
    end = FIRST + (block + 1) * BLOCK
    return
  }
  throw new Error(`every block of ports from ${FIRST} on is taken`)
}

/** A server on this port, or nothing where there is one. */
async function listening(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1')
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  )
}
