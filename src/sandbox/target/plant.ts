// The things behind the target: services and pods that restart, customer records, vector collections, keys of a gateway, a replica that answers
// named queries. In memory and harmless; `reset` brings all back. What changes with time follows from when somebody acted, so nothing has to run in
// the background.

export const RESTART_MS = 4000
/** How long a gateway takes the version before the newest, so that its clients can change over. */
export const OVERLAP_MS = 600_000

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
/** A key by which a gateway calls a model provider: callers never see it, only its version. */
export interface GatewayKey {
  readonly name: string
  readonly about: string
  version: number
  rotatedAt: number | null
}
/** A pod of a stateful set: deleted, it comes back under its name. */
export interface Pod {
  readonly name: string
  state: 'running' | 'crash looping'
  startedAt: number | null
  restarts: number
}
export interface Namespace {
  readonly name: string
  readonly pods: readonly Pod[]
}
/** A database that answers named queries and takes no writes, so it needs no reset. */
export interface Replica {
  readonly queries: readonly { readonly name: string; readonly about: string }[]
  /** The rows of a named query; undefined when there is none of that name. */
  readonly run: (name: string) => readonly object[] | undefined
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
  readonly keys: readonly GatewayKey[]
  readonly namespaces: readonly Namespace[]
  readonly replica: Replica
  /** How often each named query was run. */
  readonly queried: Map<string, number>
  readonly uses: Use[]
}

/** A plant in its first state: payments are failing and one worker with them, all else is well. */
export function createPlant(replica: Replica): Plant {
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
  const key = (name: string, about: string, version: number): GatewayKey => ({ name, about, version, rotatedAt: null })
  const pod = (name: string, state: Pod['state'] = 'running'): Pod => ({ name, state, startedAt: null, restarts: 0 })
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
    keys: [
      key('support-assistant', 'Drafts answers to customers', 7),
      key('product-search', 'Embeds products and queries', 12),
      key('code-review', 'Comments on changes of ours', 3),
    ],
    namespaces: [
      { name: 'payments', pods: [pod('settlement-worker-0', 'crash looping'), pod('settlement-worker-1')] },
      { name: 'search', pods: [pod('indexer-0'), pod('indexer-1')] },
      { name: 'web', pods: [pod('session-store-0')] },
    ],
    replica,
    queried: new Map(),
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

/** Makes the next version of a gateway's key; the one before works for ten minutes more. */
export function rotate(plant: Plant, name: string, now: number): GatewayKey | undefined {
  const key = plant.keys.find((each) => each.name === name)
  if (!key) return undefined
  key.version += 1
  key.rotatedAt = now
  return key
}

/** The pods of a namespace as they are now. */
export const listPods = (plant: Plant, namespace: string, now: number) =>
  plant.namespaces.find(({ name }) => name === namespace)?.pods.map((pod) => ({ ...pod, state: stateOf(pod, now) }))

/** Deletes a pod, which is how one restarts it: its set starts it again. */
export function deletePod(plant: Plant, namespace: string, name: string, now: number): Pod | undefined {
  const pod = plant.namespaces.find((each) => each.name === namespace)?.pods.find((each) => each.name === name)
  if (!pod) return undefined
  pod.state = 'running'
  pod.startedAt = now
  pod.restarts += 1
  return pod
}

const stateOf = ({ state, startedAt }: Pod, now: number) =>
  startedAt !== null && now < startedAt + RESTART_MS ? ('starting' as const) : state

/** Runs a named query on the replica; undefined when there is none of that name. */
export function query(plant: Plant, name: string): readonly object[] | undefined {
  const rows = plant.replica.run(name)
  if (rows) plant.queried.set(name, (plant.queried.get(name) ?? 0) + 1)
  return rows
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
    keys: plant.keys.map((key) => ({
      ...key,
      overlapUntil: key.rotatedAt !== null && now < key.rotatedAt + OVERLAP_MS ? key.rotatedAt + OVERLAP_MS : null,
    })),
    namespaces: plant.namespaces.map(({ name }) => ({ name, pods: listPods(plant, name, now) ?? [] })),
    queries: plant.replica.queries.map(({ name, about }) => ({ name, about, runs: plant.queried.get(name) ?? 0 })),
    uses: plant.uses.toReversed(),
    restartMs: RESTART_MS,
  }
}
/** With whether the target takes word of early ends. */
export type Overview = ReturnType<typeof overview> & { readonly hears: boolean }
