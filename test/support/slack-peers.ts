// Two Slacks that were written apart: our simulated workspace and the independent emulator of npm `emulate`, behind the same real WebClient. Each peer has
// the same things in it: a channel with the app, an archived one, a person, an open message.

import { WebClient } from '@slack/web-api'
import { createEmulator } from 'emulate'
import { buildSlackServer } from '../../src/sandbox/slack/server.ts'
import { issueTrigger } from '../../src/sandbox/slack/triggers.ts'
import { createWorkspace } from '../../src/sandbox/slack/workspace.ts'
import { sandboxWorld } from '../../src/sandbox/world.ts'
import { freePort } from './free-port.ts'

type After = { after(work: () => Promise<void> | void): void }
export type Peer = {
  readonly web: WebClient
  readonly api: string
  readonly token: string
  readonly channel: string
  readonly archived: string
  readonly person: string
  readonly other: string
  /** The trigger of something that the person has just done. */
  readonly trigger: () => Promise<string>
}

const client = (api: string, token: string) =>
  new WebClient(token, { slackApiUrl: api, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true })

/** Our simulated workspace. */
export async function openOurs(t: After): Promise<Peer> {
  const token = 'xoxb-a-token-of-the-test'
  const workspace = createWorkspace(sandboxWorld())
  const server = await buildSlackServer({
    workspace,
    requestUrl: 'http://127.0.0.1:9/nobody',
    signingSecret: 'a signing secret of the test',
    botToken: token,
    port: 0,
  })
  const api = `${await server.listen()}/api/`
  t.after(() => server.app.close())
  const archived = workspace.channels.get('C0ACCESSREQS')
  if (archived) archived.archived = true
  const [channel, person, other] = ['C0INCIDENT42', 'U0REYOKAFOR', 'U0ANALINDQV']
  const trigger = async () => issueTrigger(workspace, person)
  return { web: client(api, token), api, token, channel, archived: 'C0ACCESSREQS', person, other, trigger }
}

/** The emulator of npm `emulate`: in this process, on loopback, without a network. */
export async function openEmulate(t: After): Promise<Peer> {
  const token = 'xoxb-emulated-token'
  const emulator = await createEmulator({
    service: 'slack',
    port: await freePort(),
    seed: {
      slack: {
        team: { name: 'Northwind', domain: 'northwind' },
        users: [{ name: 'rey' }, { name: 'ana' }],
        channels: [{ name: 'incident' }, { name: 'old' }],
        oauth_apps: [
          {
            client_id: '1.1',
            client_secret: 'none',
            app_id: 'A0COUNTERSIGN',
            name: 'Countersign',
            redirect_uris: [],
            scopes: ['chat:write'],
            bot_id: 'B0COUNTERSIGN',
            bot_user_id: 'U0COUNTERSIGN',
            bot_name: 'countersign',
          },
        ],
        tokens: [
          {
            token,
            type: 'bot',
            user_id: 'U0COUNTERSIGN',
            app_id: 'A0COUNTERSIGN',
            bot_id: 'B0COUNTERSIGN',
            bot_user_id: 'U0COUNTERSIGN',
          },
        ],
      },
    },
  })
  t.after(() => emulator.close())
  const api = `${emulator.url}/api/`
  const web = client(api, token)
  const { channels } = await web.conversations.list({ types: 'public_channel' })
  const { members } = await web.users.list({})
  const named = (name: string) => channels?.find((each) => each.name === name)?.id ?? ''
  const person = (name: string) => members?.find((each) => each.name === name)?.id ?? ''
  await web.conversations.join({ channel: named('incident') })
  await web.conversations.join({ channel: named('old') })
  await web.conversations.archive({ channel: named('old') })
  const trigger = async () => {
    const made = await web.apiCall('views.generateTriggerId', { user_id: person('rey') })
    return String((made as { trigger_id?: string }).trigger_id)
  }
  return {
    ...{ web, api, token, channel: named('incident'), archived: named('old') },
    ...{ person: person('rey'), other: person('ana'), trigger },
  }
}
