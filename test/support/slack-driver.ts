// A person at the simulated workspace, for tests: types, presses, fills, submits and reads over the control API, as the browser client does.
// Nothing here waits by time: `until` asks again whenever the workspace says that something has changed. A person acts on the form that he sees: an app
// may answer before it opens one, so whoever presses, fills, submits or closes waits for it first.

import assert from 'node:assert/strict'
import type { z } from 'zod'
import type { FaultView, faultAsked } from '../../src/sandbox/slack/faults.ts'
import type {
  ActOutcome,
  Block,
  ChannelContents,
  Element,
  Entered,
  MessageView,
  PersonView,
  Place,
  Snapshot,
  Suggestions,
  SurfaceView,
} from '../../src/sandbox/slack/wire.ts'
import type { Flags } from '../../src/sandbox/slack/workspace.ts'

const PATIENCE_MS = 40_000

export interface SlackPerson {
  readonly handle: string
  readonly snapshot: () => Promise<Snapshot>
  /** Messages of a channel (by id or name) as this person sees them, oldest first. `'direct'`: those with the app. */
  readonly messages: (channel: string) => Promise<readonly MessageView[]>
  /** Types and sends; a slash command when it begins with one. */
  readonly say: (channel: string, text: string, threadTs?: string) => Promise<ActOutcome>
  /** Presses or changes an element; the answer has `url` for a link button. */
  readonly press: (place: Place, actionId: string, value?: Entered, blockId?: string) => Promise<ActOutcome>
  readonly suggest: (place: Place, actionId: string, query: string) => Promise<Suggestions & ActOutcome>
  /** Fills fields of the modal on top, by action id, block id or `block/action`. */
  readonly fill: (values: Readonly<Record<string, Entered>>) => Promise<void>
  readonly submit: () => Promise<ActOutcome>
  readonly close: (all?: boolean) => Promise<ActOutcome>
  readonly openHome: () => Promise<ActOutcome>
  readonly shortcut: (callbackId: string, message?: { readonly channel: string; readonly ts: string }) => Promise<ActOutcome>
  /** Waits for something this person sees; fails with `what` after forty seconds. */
  readonly until: <T>(what: string, look: () => Promise<T | undefined | null | false>) => Promise<T>
  /** Waits for a message in a channel that `fits`. */
  readonly message: (channel: string, fits: (message: MessageView) => boolean, what?: string) => Promise<MessageView>
  /** Waits for the modal on top to fit. */
  readonly modal: (fits?: (modal: SurfaceView) => boolean, what?: string) => Promise<SurfaceView>
}
export interface SlackDriver {
  readonly url: string
  readonly as: (handle: string) => SlackPerson
  readonly people: () => Promise<readonly PersonView[]>
  readonly changePerson: (
    handle: string,
    change: { readonly name?: string } & { readonly [K in keyof Flags]?: boolean },
  ) => Promise<void>
  readonly changeChannel: (
    channel: string,
    change: { readonly name?: string; readonly archived?: boolean; readonly externallyShared?: boolean },
  ) => Promise<void>
  readonly deleteChannel: (channel: string) => Promise<void>
  /** As an administrator does; nobody changes an app's message. */
  readonly deleteMessage: (channel: string, ts: string) => Promise<void>
  /** Lets the app into a channel, or out of it. */
  readonly setApp: (channel: string, member: boolean) => Promise<void>
  readonly setMember: (channel: string, handle: string, member: boolean) => Promise<void>
  /** What the app has called on the Web API, oldest first. */
  readonly calls: () => Promise<
    readonly {
      readonly method: string
      readonly body: Readonly<Record<string, unknown>>
      readonly answer?: { readonly ok: boolean } & Readonly<Record<string, unknown>>
      readonly fault?: string
    }[]
  >
  /** What goes wrong between the workspace and the app. */
  readonly faults: {
    readonly add: (fault: z.input<typeof faultAsked>) => Promise<FaultView>
    readonly list: () => Promise<readonly FaultView[]>
    /** Takes one away and lets go what it holds; without an id, all. */
    readonly remove: (id?: string) => Promise<void>
  }
  readonly verifyUrl: () => Promise<boolean>
}

/** Drives the simulated workspace at `url`, which is its origin. */
export function slackDriver(url: string): SlackDriver {
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}/_control${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as T & { error?: string }
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${answer.error}`)
    return answer
  }
  return {
    url,
    as: (handle) => personAt(url, handle, ask),
    people: () => ask('GET', '/people'),
    changePerson: async (handle, change) => void (await ask('PATCH', `/people/${handle}`, change)),
    changeChannel: async (channel, change) => void (await ask('PATCH', `/channels/${channel}`, change)),
    deleteChannel: async (channel) => void (await ask('DELETE', `/channels/${channel}`)),
    deleteMessage: async (channel, ts) => void (await ask('DELETE', `/channels/${channel}/messages/${ts}`)),
    setApp: async (channel, member) => void (await ask('PUT', `/channels/${channel}/app`, { member })),
    setMember: async (channel, handle, member) => void (await ask('PUT', `/channels/${channel}/members/${handle}`, { member })),
    calls: () => ask('GET', '/app/calls'),
    faults: {
      add: (fault) => ask('POST', '/faults', fault),
      list: () => ask('GET', '/faults'),
      remove: async (id) => void (await ask('DELETE', id === undefined ? '/faults' : `/faults/${id}`)),
    },
    verifyUrl: async () => (await ask<{ ok: boolean }>('POST', '/app/verify')).ok,
  }
}

type Ask = <T>(method: string, path: string, body?: unknown) => Promise<T>

function personAt(url: string, handle: string, ask: Ask): SlackPerson {
  const at = `/people/${handle}`
  const snapshot = () => ask<Snapshot>('GET', at)
  const channelId = async (channel: string) =>
    channel === 'direct' ? ((await snapshot()).channels.find((each) => each.kind === 'direct')?.id ?? '') : channel
  const messages = async (channel: string) =>
    (await ask<ChannelContents>('GET', `${at}/channels/${await channelId(channel)}`)).messages
  const until: SlackPerson['until'] = async (what, look) => {
    const patience = AbortSignal.timeout(PATIENCE_MS)
    const live = await fetch(`${url}/_control${at}/live`, { signal: patience })
    const changes = live.body?.getReader()
    assert.ok(changes)
    try {
      for (;;) {
        const seen = await look()
        if (seen !== undefined && seen !== null && seen !== false) return seen
        await changes.read()
      }
    } catch (error) {
      if (patience.aborted) assert.fail(`${handle} did not see ${what} within ${PATIENCE_MS / 1000} s`)
      throw error
    } finally {
      await changes.cancel().catch(() => undefined)
    }
  }
  const modal: SlackPerson['modal'] = (fits = () => true, what = 'the form') =>
    until(what, async () => {
      const { modal } = await snapshot()
      return modal && fits(modal) ? modal : undefined
    })
  const seen = async (place: Place, actionId: string) => {
    if (place.kind === 'modal')
      await modal((form) => actionsOf(form.blocks).some((each) => each.action_id === actionId), `${actionId} in the form`)
  }
  return {
    handle,
    snapshot,
    messages,
    until,
    say: async (channel, text, threadTs) =>
      ask('POST', `${at}/channels/${await channelId(channel)}/messages`, { text, ...(threadTs ? { threadTs } : {}) }),
    press: async (place, actionId, value = null, blockId) => {
      await seen(place, actionId)
      return ask('POST', `${at}/press`, { place, actionId, value, ...(blockId ? { blockId } : {}) })
    },
    suggest: async (place, actionId, query) => {
      await seen(place, actionId)
      return ask('POST', `${at}/suggest`, { place, actionId, query })
    },
    fill: async (values) => {
      await modal()
      const outcome = await ask<ActOutcome>('POST', `${at}/modal/fill`, { values })
      assert.ok(outcome.ok, outcome.error)
    },
    submit: async () => {
      await modal()
      return ask('POST', `${at}/modal/submit`)
    },
    close: async (all = false) => {
      await modal()
      return ask('POST', `${at}/modal/close`, { all })
    },
    openHome: () => ask('POST', `${at}/home`),
    shortcut: (callbackId, message) => ask('POST', `${at}/shortcut`, { callbackId, ...(message ? { message } : {}) }),
    message: (channel, fits, what = `the message in ${channel}`) =>
      until(what, async () => (await messages(channel)).findLast(fits)),
    modal,
  }
}

/** Where a message stands, for `press`. */
export const on = (message: MessageView): Place => ({ kind: 'message', channel: message.channel, ts: message.ts })
export const MODAL: Place = { kind: 'modal' }
export const HOME: Place = { kind: 'home' }

/** All that a person reads in blocks, joined: for assertions about words. */
export function wordsOf(blocks: readonly Block[]): string {
  const words: string[] = []
  const walk = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(walk)
    else if (typeof part === 'object' && part !== null)
      for (const [key, value] of Object.entries(part))
        if (key === 'text' && typeof value === 'string') words.push(value)
        else walk(value)
  }
  walk(blocks)
  return words.join(' ')
}

/** The elements with an action id, in order: what can be pressed or filled. */
export function actionsOf(blocks: readonly Block[]): Element[] {
  return blocks.flatMap((block) =>
    [block.accessory, block.element, ...((block.elements ?? []) as Element[])].filter(
      (element): element is Element => element !== undefined && typeof element.action_id === 'string',
    ),
  )
}
