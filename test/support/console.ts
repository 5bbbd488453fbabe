// The bot's console as a browser meets it: the app of the bot without Slack, an issuer's clockwork behind it, and a sign-in whose tokens can be bent. A jar
// holds one browser's cookies.

import assert from 'node:assert/strict'
import type { InjectOptions } from 'fastify'
import { buildBot } from '../../src/bot/app.ts'
import { startClockwork } from '../../src/issuer/clockwork.ts'
import { lastFirst } from './last-first.ts'
import { type Bend, openOidc } from './oidc.ts'
import { openWorld } from './world.ts'

export const PUBLIC = 'http://localhost:3000'
export type Jar = Map<string, string>

/** Opens a console; everything is closed at the end, what was opened last first. `runbooks` changes them before they are read. */
export async function openConsole(
  { after }: { after(work: () => Promise<void>): void },
  { runbooks }: { readonly runbooks?: (dir: string) => void } = {},
) {
  const t = lastFirst(after)
  const world = await openWorld(t, undefined, runbooks)
  const oidc = await openOidc(t, world.bot.realm)
  const bot = buildBot({ ctx: world.bot, slack: undefined, publicUrl: PUBLIC, issuerUrl: oidc.origin, log: world.bot.log })
  bot.startWorker()
  const clockwork = startClockwork(world.ctx)
  t.after(async () => {
    await clockwork.stop()
    await bot.app.close()
  })

  async function go(
    jar: Jar,
    method: 'GET' | 'POST',
    url: string,
    form?: Record<string, string>,
    headers: Record<string, string> = {},
  ) {
    const options: InjectOptions = {
      method,
      url,
      headers: {
        host: 'localhost:3000',
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded', origin: PUBLIC }),
        ...headers,
      },
      ...(form && { payload: new URLSearchParams(form).toString() }),
    }
    const answer = await bot.app.inject(options)
    for (const { name, value } of answer.cookies) value === '' ? jar.delete(name) : jar.set(name, value)
    return answer
  }

  /** Begins to sign in; answers where the browser was sent. */
  async function begin(jar: Jar, to = '/'): Promise<string> {
    const answer = await go(jar, 'GET', `/sign-in?to=${encodeURIComponent(to)}`)
    assert.equal(answer.statusCode, 303)
    return String(answer.headers.location)
  }
  async function signIn(person: string, bend: Bend = {}, to = '/') {
    const jar: Jar = new Map()
    const returned = oidc.authorize(await begin(jar, to), person, bend)
    const answer = await go(jar, 'GET', `/signed-in?${new URLSearchParams(returned)}`)
    return { jar, answer }
  }
  return { world, app: bot.app, oidc, go, begin, signIn }
}

/** The token of the forms on a page. */
export const tokenOf = (html: string): string => /name="form_token" value="([^"]+)"/.exec(html)?.[1] ?? ''
