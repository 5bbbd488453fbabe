// A request in every state that its page knows, made by the commands that make it, one after the other: what the clock ends comes first, so that the
// sweep finds nothing else to end. Rey asks; where an approver has decided it was Ana, and Bo has not.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { revokeGrant } from '../../src/commands/revoke-grant.ts'
import { sweep } from '../../src/commands/sweep.ts'
import { ask, claim, confirm, decide, later, newHolder, sign, type World } from './world.ts'

export const STATES = [
  'lapsed',
  'expired',
  'waits for the requester',
  'waits for approval',
  'one of two',
  'held',
  'approved',
  'approved, but held',
  'in use',
  'given back',
  'ended by an approver',
  'could not be made',
  'denied',
  'cancelled',
  'voided',
  'refused',
  'checking',
] as const
export type StateName = (typeof STATES)[number]
export type Made = { readonly requestId: string; readonly viewId: string }

/** Makes one request for each state. */
export async function makeStates(world: World): Promise<ReadonlyMap<StateName, Made>> {
  const made = new Map<StateName, Made>()
  for (const state of STATES) made.set(state, await MAKE[state](world))
  return made
}

const MINUTE = 60_000
const TWO = { action: 'vector-db.drop-collection', parameters: { collection: 'product-search-v1' } }

const MAKE: { readonly [S in StateName]: (world: World) => Promise<Made> } = {
  lapsed: async (world) => {
    const asked = await ask(world)
    await sweep(later(world.ctx, 20 * MINUTE))
    return asked
  },
  expired: async (world) => {
    const used = await inUse(world)
    await sweep(later(world.ctx, 20 * MINUTE))
    return used
  },
  checking: (world) => proposed(world),
  refused: async (world) => {
    const asked = await proposed(world)
    const refusal = { request_id: asked.requestId, reason: 'times_too_long', detail: '{}', refused_at: new Date() }
    await world.ctx.db.insertInto('refused_request').values(refusal).execute()
    return asked
  },
  'waits for the requester': (world) => ask(world),
  'waits for approval': (world) => confirmed(world),
  'one of two': async (world) => {
    const asked = await confirmed(world, TWO)
    assert.ok((await decide(world, asked.intent, 'ana')).ok)
    return asked
  },
  held: async (world) => objected(world, await confirmed(world)),
  approved,
  'approved, but held': async (world) => objected(world, await approved(world)),
  'in use': inUse,
  'given back': async (world) => {
    const used = await inUse(world)
    await makeWish(world.bot, { kind: 'return', request: used.requestId, person: 'rey' } as Parameters<typeof makeWish>[1])
    await heedWishes(world.ctx)
    return used
  },
  'ended by an approver': async (world) => {
    const used = await inUse(world)
    const said = { kind: 'revoke', role: 'approver', decision: 'revoke', intents: [used.intent] } as const
    assert.ok((await revokeGrant(world.ctx, await sign(world, 'ana', said))).ok)
    return used
  },
  'could not be made': async (world) => {
    const used = await inUse(world)
    const failed = { state: 'failed', ended_at: new Date(), ended_reason: 'failed' } as const
    await world.ctx.db.updateTable('grant').set(failed).where('request_id', '=', used.requestId).execute()
    return used
  },
  denied: async (world) => {
    const asked = await confirmed(world)
    assert.ok((await decide(world, asked.intent, 'ana', 'deny')).ok)
    return asked
  },
  cancelled: async (world) => {
    const asked = await confirmed(world)
    await makeWish(world.bot, { kind: 'cancel', request: asked.requestId, person: 'rey' } as Parameters<typeof makeWish>[1])
    await heedWishes(world.ctx)
    return asked
  },
  voided: async (world) => {
    const asked = await confirmed(world, { action: 'customer.read-record', parameters: { customer: 'c-2001' } })
    const path = join(world.runbooksDir, 'customer.md')
    const before = await readFile(path, 'utf8')
    await writeFile(path, `${before}\nOne line more.\n`)
    await world.issuer.reload()
    await writeFile(path, before)
    await world.issuer.reload()
    return asked
  },
}

async function proposed(world: World): Promise<Made> {
  const asked = await proposeRequest(world.bot, {
    person: 'rey',
    action: 'service.restart',
    parameters: { service: 'payments-api' },
    reason: 'INC-4211: payments time out',
  } as Parameters<typeof proposeRequest>[1])
  assert.ok(asked.ok)
  return asked
}

async function confirmed(world: World, over: Record<string, unknown> = {}) {
  const asked = await ask(world, over)
  const holder = await newHolder()
  assert.ok((await confirm(world, asked.intent, holder)).ok)
  return { ...asked, holder }
}

async function approved(world: World) {
  const asked = await confirmed(world)
  assert.ok((await decide(world, asked.intent, 'ana')).ok)
  return asked
}

async function inUse(world: World) {
  const asked = await approved(world)
  assert.ok((await claim(world, asked.intent, asked.holder)).ok)
  return asked
}

async function objected<T extends Made>(world: World, asked: T): Promise<T> {
  await makeWish(world.bot, { kind: 'object', request: asked.requestId, person: 'bo' } as Parameters<typeof makeWish>[1])
  await heedWishes(world.ctx)
  return asked
}
