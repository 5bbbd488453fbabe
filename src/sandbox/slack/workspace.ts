// The simulated workspace's memory: team, app, people, channels, messages, open views. Plain data with one listener list; the functions that
// change it stand in `messages.ts`, `views.ts` and `channels.ts` and call `changed`. `keep.ts` carries messages across a restart. All ids are Slack's in form.

import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Block, Change, Command, Hint, Option, Shortcut, State, TextObject } from './wire.ts'

/** What kind of account it is. */
export interface Flags {
  guest: boolean
  /** A guest of one channel alone. */
  singleChannel: boolean
  /** A member of another organisation, by Slack Connect. */
  external: boolean
  deactivated: boolean
  /** A bot user: ours, another app's, or a workflow's. */
  bot: boolean
  workflow: boolean
}
export interface Person {
  readonly slackId: string
  readonly handle: string
  name: string
  title: string
  readonly avatarColour: string
  readonly flags: Flags
  updatedAt: number
}
export interface Channel {
  readonly id: string
  name: string
  topic: string
  readonly kind: 'channel' | 'private' | 'direct'
  readonly members: Set<string>
  archived: boolean
  externallyShared: boolean
  readonly createdAt: number
  readonly messages: Message[]
}
export interface Message {
  readonly ts: string
  readonly channel: string
  readonly user: string
  readonly threadTs: string | null
  text: string
  blocks: readonly Block[]
  metadata: unknown
  editedTs: string | null
  /** The one person who sees it; null: everybody in the channel. */
  readonly ephemeralFor: string | null
  /** What each person has put into its inputs. */
  readonly drafts: Map<string, State>
}
export interface View {
  readonly id: string
  readonly kind: 'modal' | 'home'
  readonly person: string
  readonly rootId: string
  readonly previousId: string | null
  hash: string
  title: TextObject | null
  submit: TextObject | null
  close: TextObject | null
  blocks: readonly Block[]
  privateMetadata: string
  callbackId: string
  externalId: string
  clearOnClose: boolean
  notifyOnClose: boolean
  draft: State
}
export interface Trigger {
  readonly person: string
  readonly expiresAt: number
  /** The modal from which it came; only such a trigger may push. */
  readonly fromView: string | null
  used: boolean
}
export interface App {
  readonly id: string
  readonly name: string
  readonly userId: string
  readonly botId: string
  readonly commands: readonly Command[]
  readonly shortcuts: readonly Shortcut[]
  /** Event types the app has subscribed to. */
  readonly events: readonly string[]
  /** What its token may do; undefined: everything. */
  readonly scopes?: readonly string[] | undefined
}
export interface UserGroup {
  readonly id: string
  readonly name: string
  readonly handle: string
  readonly members: readonly string[]
}

export interface WorkspaceOptions {
  readonly team: { readonly id: string; readonly name: string; readonly domain: string }
  readonly app: App
  readonly people: readonly {
    readonly slackId: string
    readonly name: string
    readonly handle: string
    readonly title: string
    readonly avatarColour: string
    readonly flags?: Partial<Flags>
  }[]
  /** Members by handle; the app's own handle is its name in lower case. */
  readonly channels: readonly {
    readonly id: string
    readonly name: string
    readonly topic: string
    readonly private?: boolean
    /** Another organisation is in it. */
    readonly shared?: boolean
    readonly members: readonly string[]
  }[]
  readonly userGroups?: readonly UserGroup[]
  /** First steps by handle. */
  readonly hints?: Readonly<Record<string, Hint>>
  readonly now?: () => number
}

export interface Workspace {
  readonly team: WorkspaceOptions['team']
  readonly app: App
  readonly hints: Readonly<Record<string, Hint>>
  readonly people: Map<string, Person>
  readonly channels: Map<string, Channel>
  readonly userGroups: readonly UserGroup[]
  /** Open modals of each person, the last on top. */
  readonly modals: Map<string, View[]>
  readonly homes: Map<string, View>
  readonly triggers: Map<string, Trigger>
  /** What external selects have offered, by view or message and element. */
  readonly offered: Map<string, readonly Option[]>
  /** Last read `ts` by person and channel. */
  readonly read: Map<string, string>
  readonly changes: EventEmitter<{ change: [Change] }>
  /** Milliseconds since 1970. */
  readonly now: () => number
  lastMicros: number
}

export const SYSTEM_USER = 'USLACKBOT'

/** A world as told by the caller; throws when a channel names a member who does not exist. */
export function createWorkspace(options: WorkspaceOptions): Workspace {
  const now = options.now ?? Date.now
  const people = new Map<string, Person>()
  const nobody: Flags = {
    guest: false,
    singleChannel: false,
    external: false,
    deactivated: false,
    bot: false,
    workflow: false,
  }
  const app = {
    slackId: options.app.userId,
    name: options.app.name,
    handle: options.app.name.toLowerCase(),
    title: 'App',
    avatarColour: '#3d5a80',
    flags: { bot: true },
  }
  for (const told of [...options.people, app])
    people.set(told.slackId, { ...told, flags: { ...nobody, ...told.flags }, updatedAt: now() })
  const byHandle = new Map([...people.values()].map((person) => [person.handle, person.slackId]))
  const channels = new Map<string, Channel>()
  for (const told of options.channels) {
    const members = told.members.map((handle) => {
      const id = byHandle.get(handle)
      if (id === undefined) throw new Error(`channel #${told.name}: no person has the handle "${handle}"`)
      return id
    })
    channels.set(told.id, {
      id: told.id,
      name: told.name,
      topic: told.topic,
      kind: told.private ? 'private' : 'channel',
      members: new Set(members),
      archived: false,
      externallyShared: told.shared ?? false,
      createdAt: now(),
      messages: [],
    })
  }
  return {
    team: options.team,
    app: options.app,
    hints: options.hints ?? {},
    people,
    channels,
    userGroups: options.userGroups ?? [],
    modals: new Map(),
    homes: new Map(),
    triggers: new Map(),
    offered: new Map(),
    read: new Map(),
    changes: new EventEmitter(),
    now,
    lastMicros: 0,
  }
}

/** Tells all who look that something has changed. */
export function changed(workspace: Workspace, change: Change): void {
  workspace.changes.emit('change', change)
}

/** The next message time: unique and rising in the whole workspace, as seconds with six digits. */
export function nextTs(workspace: Workspace): string {
  workspace.lastMicros = Math.max(workspace.lastMicros + 1, workspace.now() * 1000)
  const micros = String(Math.trunc(workspace.lastMicros)).padStart(16, '0')
  return `${micros.slice(0, -6)}.${micros.slice(-6)}`
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
/** A new id in Slack's form: a letter that says what it is, then ten letters or digits. */
export function newId(letter: string): string {
  return letter + Array.from(randomBytes(10), (byte) => ALPHABET[byte % ALPHABET.length]).join('')
}
