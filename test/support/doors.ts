// Every door of an app, from the app itself: a test that goes through all of them names those it knows, and a new one must be thought of. Fastify tells of
// each app it begins, and the app of each route that is added to it, in whatever plugin.

import { subscribe } from 'node:diagnostics_channel'
import type { FastifyInstance } from 'fastify'

const found = new WeakMap<object, string[]>()

subscribe('fastify.initialization', (message) => {
  const { fastify: app } = message as { fastify: FastifyInstance }
  const doors: string[] = []
  found.set(app, doors)
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) doors.push(`${each} ${url}`)
  })
})

/** The doors of an app that was begun after this module was loaded, as `METHOD /path`, each once, in order. */
export function doorsOf(app: FastifyInstance): string[] {
  const doors = found.get(app)
  if (!doors || doors.length === 0) throw new Error('this app was begun before anybody listened')
  return [...new Set(doors)].sort()
}
