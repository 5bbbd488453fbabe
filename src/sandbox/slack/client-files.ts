// The browser client's files. Its code is TypeScript, stripped of types once at start and served under its own `.ts` names, so that imports need no
// rewriting and there is no bundler. The page may load nothing from elsewhere, run nothing inline, and turn no string into markup.

import { readdir, readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { stripped } from '../../stripped.ts'
import { PAGE_HEADERS } from '../page-headers.ts'

const FOLDER = new URL('./client/', import.meta.url)
const TYPES = { ts: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', html: 'text/html; charset=utf-8' } as const

/** Mounts the page at `/` and its files under `/client/`. */
export async function clientFiles(app: FastifyInstance): Promise<void> {
  const files = new Map<string, { readonly type: string; readonly content: string }>()
  for (const name of await readdir(FOLDER)) {
    const ending = name.slice(name.lastIndexOf('.') + 1)
    if (!isServed(ending)) continue
    const source = await readFile(new URL(name, FOLDER), 'utf8')
    files.set(name, { type: TYPES[ending], content: ending === 'ts' ? stripped(source) : source })
  }
  const page = files.get('index.html')
  if (!page) throw new Error('the browser client has no index.html')
  app.get('/', async (_request, reply) => reply.headers(PAGE_HEADERS).type(page.type).send(page.content))
  app.get('/favicon.ico', async (_request, reply) => reply.code(204).send())
  app.get<{ Params: { name: string } }>('/client/:name', async (request, reply) => {
    const file = files.get(request.params.name)
    if (!file) return reply.callNotFound()
    return reply.headers(PAGE_HEADERS).type(file.type).send(file.content)
  })
}

function isServed(ending: string): ending is keyof typeof TYPES {
  return Object.hasOwn(TYPES, ending)
}
