// What can be done at the target, one row each: how it is called, which scope and which very thing a token must name for it, and its effect. Every
// example in `runbooks/` grants exactly one row's demand; a namespace's pods share theirs, because its administrator may do both.

import { deletePod, drop, listPods, OVERLAP_MS, type Plant, query, readCustomer, restart, rotate } from './plant.ts'
import type { Demand } from './token.ts'

/** What the path named: a thing, and a thing in it where there is one. */
export interface Named {
  readonly name: string
  readonly inner: string
}
export interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  /** In words for the page. */
  readonly what: (named: Named) => string
  readonly demand: (named: Named) => Demand
  /** Does it and gives the answer; undefined when there is no such thing. */
  readonly effect: (plant: Plant, named: Named, now: number) => object | undefined
}

const ofNamespace = ({ name: namespace }: Named): Demand => ({ scope: 'namespace:admin', resource: { namespace } })

export const OPERATIONS: readonly Operation[] = [
  {
    method: 'POST',
    path: 'services/:name/restart',
    what: ({ name }) => `Restart ${name}`,
    demand: ({ name: service }) => ({ scope: 'service:restart', resource: { service } }),
    effect: (plant, { name }, now) => {
      const service = restart(plant, name, now)
      return service && { service: service.name, restarted_at: new Date(now).toISOString(), restarts: service.restarts }
    },
  },
  {
    method: 'GET',
    path: 'customers/:name',
    what: ({ name }) => `Read customer ${name}`,
    demand: ({ name: customer }) => ({ scope: 'customer:read', resource: { customer } }),
    effect: (plant, { name: number }) => {
      const customer = readCustomer(plant, number)
      if (!customer) return undefined
      const { id, name, email, plan, note } = customer
      return { id, name, email, plan, note }
    },
  },
  {
    method: 'DELETE',
    path: 'collections/:name',
    what: ({ name }) => `Drop collection ${name}`,
    demand: ({ name: collection }) => ({ scope: 'collection:drop', resource: { collection } }),
    effect: (plant, { name }, now) => {
      const collection = drop(plant, name, now)
      return collection && { collection: collection.name, dropped_vectors: collection.vectors }
    },
  },
  {
    method: 'POST',
    path: 'gateway/keys/:name/rotate',
    what: ({ name }) => `Rotate gateway key ${name}`,
    demand: ({ name: key }) => ({ scope: 'gateway:rotate', resource: { key } }),
    effect: (plant, { name }, now) => {
      const key = rotate(plant, name, now)
      if (!key) return undefined
      return { key: key.name, version: key.version, replaced_version_ends_at: new Date(now + OVERLAP_MS).toISOString() }
    },
  },
  {
    method: 'GET',
    path: 'namespaces/:name/pods',
    what: ({ name }) => `List pods of ${name}`,
    demand: ofNamespace,
    effect: (plant, { name }, now) => {
      const pods = listPods(plant, name, now)
      return pods && { namespace: name, pods: pods.map(({ name, state, restarts }) => ({ name, state, restarts })) }
    },
  },
  {
    method: 'DELETE',
    path: 'namespaces/:name/pods/:inner',
    what: ({ name, inner }) => `Delete pod ${inner} of ${name}`,
    demand: ofNamespace,
    effect: (plant, { name, inner }, now) => {
      const pod = deletePod(plant, name, inner, now)
      return pod && { namespace: name, pod: pod.name, restarts: pod.restarts }
    },
  },
  {
    method: 'GET',
    path: 'replicas/payments/queries/:name',
    what: ({ name }) => `Run ${name} on the payments replica`,
    demand: ({ name: query }) => ({ scope: 'sql:read', resource: { replica: 'payments', query } }),
    effect: (plant, { name }, now) => {
      const rows = query(plant, name)
      return rows && { replica: 'payments', query: name, as_of: new Date(now).toISOString(), rows }
    },
  },
]
