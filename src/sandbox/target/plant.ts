// The things behind the target: services that restart, customer records, vector collections. In memory and harmless; `reset` brings all back. A
// service's state follows from when it was restarted, so nothing has to run in the background.

export const RESTART_MS = 4000

export interface Service {
  readonly name: string
  readonly about: string
  state: 'healthy' | 'failing'
  restartedAt: number | null
  restarts: number
}
export interface Customer {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly plan: string
  readonly note: string
  reads: number
}
export interface Collection {
  readonly name: string
  readonly vectors: number
  droppedAt: number | null
}
/** One attempt to do something here, for the page. */
export interface Use {
  readonly at: number
  readonly what: string
  readonly outcome: 'done' | 'refused'
  readonly detail: string
  readonly sub: string | null
  readonly request: string | null
  readonly jti: string | null
}
export interface Plant {
  readonly services: readonly Service[]
  readonly customers: readonly Customer[]
  readonly collections: readonly Collection[]
  readonly uses: Use[]
}

/** A plant in its first state: payments are failing, all else is well. */
export function createPlant(): Plant {
  const service = (name: string, about: string, state: Service['state'] = 'healthy'): Service => ({
    name,
    about,
    state,
    restartedAt: null,
    restarts: 0,
  })
  const customer = (id: string, name: string, plan: string, note: string): Customer => ({
    id,
    name,
    email: `${name.split(' ')[0]?.toLowerCase()}@customer.example`,
    plan,
    note,
    reads: 0,
  })
  return {
    services: [
      service('payments-api', 'Takes card payments', 'failing'),
      service('ledger-api', 'Books what was paid'),
      service('checkout-web', 'The shop in front'),
    ],
    customers: [
      customer('c-1042', 'Ines Duarte', 'Business', 'Charged twice on Tuesday; asks for a refund.'),
      customer('c-1187', 'Samuel Adeyemi', 'Starter', 'Cannot see invoices since the last release.'),
      customer('c-2001', 'Yuki Hoshino', 'Enterprise', 'Wants a data export before renewal.'),
    ],
    collections: [
      { name: 'support-answers', vectors: 48_210, droppedAt: null },
      { name: 'product-search-v1', vectors: 1_204_556, droppedAt: null },
      { name: 'product-search-v2', vectors: 1_377_018, droppedAt: null },
    ],
    uses: [],
  }
}

/** Restarts a service; undefined when there is none of that name. */
export function restart(plant: Plant, name: string, now: number): Service | undefined {
  const service = plant.services.find((each) => each.name === name)
  if (!service) return undefined
  service.state = 'healthy'
  service.restartedAt = now
  service.restarts += 1
  return service
}

export function readCustomer(plant: Plant, id: string): Customer | undefined {
  const customer = plant.customers.find((each) => each.id === id)
  if (customer) customer.reads += 1
  return customer
}

/** Drops a collection; undefined when there is none, or no longer. */
export function drop(plant: Plant, name: string, now: number): Collection | undefined {
  const collection = plant.collections.find((each) => each.name === name && each.droppedAt === null)
  if (collection) collection.droppedAt = now
  return collection
}

/** All that the page shows. Customers' records stay behind the token: the page says only how often each was read. */
export function overview(plant: Plant, now: number) {
  return {
    services: plant.services.map(({ name, about, state, restartedAt, restarts }) => {
      const restarting = restartedAt !== null && now < restartedAt + RESTART_MS
      return { name, about, restarts, restartedAt, state: restarting ? ('restarting' as const) : state }
    }),
    customers: plant.customers.map(({ id, reads }) => ({ id, reads })),
    collections: plant.collections,
    uses: plant.uses.toReversed(),
    restartMs: RESTART_MS,
  }
}
export type Overview = ReturnType<typeof overview>
