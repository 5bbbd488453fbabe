// The sandbox in one process: the simulated workspace at `/`, and at `/target` a resource server that shows what credentials do. It plays the outside
// world: it is given addresses and the secrets that Slack would share with the app, and nothing of the product's own.

import { join } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { z } from 'zod'
import { keepIn } from './slack/keep.ts'
import { postMessage } from './slack/messages.ts'
import { buildSlackServer } from './slack/server.ts'
import type { App } from './slack/workspace.ts'
import { createWorkspace, type Workspace } from './slack/workspace.ts'
import { target } from './target/routes.ts'
import { SCENE, sandboxWorld } from './world.ts'

/** The name by which the target knows that a token is meant for it, as in the sandbox's `targets.yaml`; no port, so that it is the same on every machine. */
export const TARGET_AUDIENCE = 'urn:countersign:sandbox:target'

export interface SandboxOptions {
  /** 0: any free port. */
  readonly port: number
  /** The issuer's origin, as in its discovery document. */
  readonly issuerUrl: string
  /** The bot's origin; commands, interactions and events go to its `/slack/events`. */
  readonly botUrl: string
  readonly signingSecret: string
  readonly botToken: string
  /** Where the chat is kept, so that after a restart the app still finds its messages; absent: it is not kept. */
  readonly dataDir?: string
  readonly log?: FastifyBaseLogger
  /** The app's `slack-manifest.json`, parsed: commands, shortcuts and events are then what it says. */
  readonly manifest?: unknown
}
export interface Sandbox {
  readonly url: string
  readonly close: () => Promise<void>
}

/** Starts the sandbox on loopback. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { port, signingSecret, botToken, log } = options
  const app = options.manifest === undefined ? {} : appOfManifest(options.manifest)
  const workspace = createWorkspace(sandboxWorld(app))
  const kept =
    options.dataDir === undefined ? undefined : await keepIn(workspace, join(options.dataDir, 'simulated-workspace.json'))
  if (!kept?.found) setTheScene(workspace)
  const server = await buildSlackServer({
    workspace,
    requestUrl: new URL('/slack/events', options.botUrl).href,
    signingSecret,
    botToken,
    port,
    log,
  })
  await server.app.register(target, {
    issuerUrl: options.issuerUrl,
    resource: TARGET_AUDIENCE,
    ...(options.dataDir !== undefined && { keepIn: join(options.dataDir, 'target-revocations.jsonl') }),
  })
  const url = await server.listen()
  return {
    url,
    close: async () => {
      await server.app.close()
      await kept?.save()
    },
  }
}

function setTheScene(workspace: Workspace): void {
  for (const { channel, by, text } of SCENE) {
    const place = workspace.channels.get(channel)
    if (place) postMessage(workspace, place, { user: by, text })
  }
}

const manifest = z.object({
  features: z.object({
    slash_commands: z
      .array(z.object({ command: z.string(), description: z.string(), usage_hint: z.string().optional() }))
      .optional(),
    shortcuts: z
      .array(
        z.object({ name: z.string(), callback_id: z.string(), type: z.enum(['global', 'message']), description: z.string() }),
      )
      .optional(),
  }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()), bot_optional: z.array(z.string()).optional() }) }),
  settings: z.object({ event_subscriptions: z.object({ bot_events: z.array(z.string()).optional() }).optional() }),
})

/** What an app offers and listens to, by its manifest; throws with the path of what is wrong there. */
export function appOfManifest(json: unknown): Pick<App, 'commands' | 'shortcuts' | 'events' | 'scopes'> {
  const { features, settings, oauth_config } = manifest.parse(json)
  return {
    commands: (features.slash_commands ?? []).map((each) => ({
      command: each.command,
      description: each.description,
      usageHint: each.usage_hint ?? '',
    })),
    shortcuts: (features.shortcuts ?? []).map((each) => ({
      name: each.name,
      callbackId: each.callback_id,
      type: each.type,
      description: each.description,
    })),
    events: settings.event_subscriptions?.bot_events ?? [],
    // Whoever sets this workspace up has ticked every optional scope too.
    scopes: [...oauth_config.scopes.bot, ...(oauth_config.scopes.bot_optional ?? [])],
  }
}
