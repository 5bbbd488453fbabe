// Carries the chat across a restart: who is there, channels, messages, what was read, homes. The app remembers where its messages stand, so they must
// still be there. Open forms, triggers and ephemeral messages end with the process, as they end with the page at Slack. One file of our own
// writing, replaced whole; one that cannot be read is set aside and the world starts anew.

import { readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Message, View, Workspace } from './workspace.ts'

const SAVE_AFTER_MS = 300

const keptMessage = z.looseObject({
  ts: z.string(),
  channel: z.string(),
  user: z.string(),
  text: z.string(),
  blocks: z.array(z.unknown()),
})
const file = z.strictObject({
  v: z.literal(1),
  team: z.string(),
  lastMicros: z.number(),
  people: z.record(
    z.string(),
    z.object({
      name: z.string(),
      title: z.string(),
      flags: z.object({ guest: z.boolean(), external: z.boolean(), deactivated: z.boolean() }),
    }),
  ),
  channels: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      topic: z.string(),
      kind: z.enum(['channel', 'private', 'direct']),
      members: z.array(z.string()),
      archived: z.boolean(),
      externallyShared: z.boolean(),
      createdAt: z.number(),
      messages: z.array(keptMessage),
    }),
  ),
  read: z.record(z.string(), z.string()),
  homes: z.array(z.looseObject({ id: z.string(), person: z.string(), blocks: z.array(z.unknown()) })),
})
type Kept = z.infer<typeof file>

export interface Keeper {
  /** Whether there was something to go on from. */
  readonly found: boolean
  /** Writes what is not yet written. */
  readonly save: () => Promise<void>
}

/** Goes on from what stands at `path`, and from now on keeps it there. */
export async function keepIn(workspace: Workspace, path: string): Promise<Keeper> {
  const kept = await load(workspace, path)
  if (kept) restore(workspace, kept)
  let dirty = false
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()
  const save = async () => {
    clearTimeout(timer)
    timer = undefined
    if (dirty) {
      dirty = false
      const content = JSON.stringify(snapshot(workspace))
      const write = () =>
        replace(path, content).catch((error: unknown) => {
          dirty = true
          throw error
        })
      // One that failed (a full disk) is made good by the next.
      writing = writing.then(write, write)
    }
    await writing
  }
  workspace.changes.on('change', () => {
    dirty = true
    // A chat that cannot be written now is written at the next change or at the end, where a failure is heard.
    timer ??= setTimeout(() => void save().catch(() => undefined), SAVE_AFTER_MS).unref()
  })
  return { found: kept !== undefined, save }
}

async function load(workspace: Workspace, path: string): Promise<Kept | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const kept = file.parse(JSON.parse(text))
    if (kept.team === workspace.team.id) return kept
  } catch {
    // Falls through: set aside below.
  }
  await rename(path, `${path}.unreadable`)
  return undefined
}

function restore(workspace: Workspace, kept: Kept): void {
  workspace.lastMicros = kept.lastMicros
  for (const [id, { name, title, flags }] of Object.entries(kept.people)) {
    const person = workspace.people.get(id)
    if (!person) continue
    person.name = name
    person.title = title
    Object.assign(person.flags, flags)
  }
  for (const { members, messages, ...channel } of kept.channels)
    workspace.channels.set(channel.id, {
      ...channel,
      members: new Set(members),
      messages: messages.map((message) => ({ ...message, drafts: new Map() }) as unknown as Message),
    })
  for (const [key, ts] of Object.entries(kept.read)) workspace.read.set(key, ts)
  for (const home of kept.homes) workspace.homes.set(home.person, home as unknown as View)
}

function snapshot(workspace: Workspace): Kept {
  return {
    v: 1,
    team: workspace.team.id,
    lastMicros: workspace.lastMicros,
    people: Object.fromEntries(
      [...workspace.people.values()].map(({ slackId, name, title, flags }) => [slackId, { name, title, flags }]),
    ),
    channels: [...workspace.channels.values()].map((channel) => ({
      ...channel,
      members: [...channel.members],
      messages: channel.messages
        .filter((message) => message.ephemeralFor === null)
        .map(({ drafts: _, ...message }) => ({ ...message, blocks: [...message.blocks] })),
    })),
    read: Object.fromEntries(workspace.read),
    homes: [...workspace.homes.values()].map((home) => ({ ...home, blocks: [...home.blocks] })),
  }
}

async function replace(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
