// The other side of acknowledge.ts: a process of its own that sends signed slash commands and measures until the whole answer is there. Either at a
// steady rate, each counted from the moment at which it was due, so that a server that falls behind cannot hide it; or so many at once, each
// lane sending its next when the last is answered. An answer that is not what was asked for is an error, however fast it came.

import { createHmac, randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { during } from './during.ts'

export type Load = {
  readonly url: string
  readonly secret: string
  readonly fields: Readonly<Record<string, string>>
  /** Who types it, in turn: nobody may have more than a few requests open. */
  readonly users: readonly string[]
  /** What a good answer contains. */
  readonly expected: string
  readonly ms: number
  readonly manner: { readonly perSecond: number } | { readonly atOnce: number }
}
export type Answered = { readonly times: readonly number[]; readonly wrong: readonly string[]; readonly ms: number }

process.once('message', (load: Load) => {
  void run(load).then((answered) => process.send?.(answered, () => process.disconnect()))
})

async function run(load: Load): Promise<Answered> {
  // Each load begins with other people.
  let typed = Math.floor(Math.random() * load.users.length)
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const times: number[] = []
  const wrong: string[] = []
  const once = async (due: number) => {
    const answer = await send(load, load.users[typed++ % load.users.length] ?? '', agent)
    times.push(performance.now() - due)
    if (!answer.includes(load.expected)) wrong.push(answer.slice(0, 200))
  }
  const began = performance.now()
  const { manner, ms } = load
  if ('perSecond' in manner) {
    const pending: Promise<void>[] = []
    for (let sent = 0; ; sent += 1) {
      const due = began + (sent * 1000) / manner.perSecond
      if (due - began >= ms) break
      const pause = due - performance.now()
      if (pause > 0) await wait(pause)
      pending.push(once(due))
    }
    await Promise.all(pending)
  } else {
    await during(Array.from({ length: manner.atOnce }), ms, () => once(performance.now()))
  }
  agent.destroy()
  return { times, wrong, ms: performance.now() - began }
}

/** Sends one command as Slack does and answers the status and the body. */
function send({ url, secret, fields }: Load, user: string, agent: Agent): Promise<string> {
  const body = new URLSearchParams({ ...fields, user_id: user, trigger_id: randomBytes(16).toString('hex') }).toString()
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
          'x-slack-request-timestamp': timestamp,
          'x-slack-signature': signature,
        },
      },
      (response) => {
        let text = `${response.statusCode} `
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.once('end', () => resolve(text))
        response.once('error', reject)
      },
    )
    sent.once('error', reject)
    sent.end(body)
  })
}
