// The client's way to the server: one person's acts and what they see. Every answer is data; failures come back as words.

import type { ActOutcome, Change, ChannelContents, Entered, PersonView, Place, Snapshot, Suggestions } from '../wire.ts'

export interface Api {
  readonly snapshot: () => Promise<Snapshot | { readonly error: string }>
  readonly contents: (channel: string) => Promise<ChannelContents | undefined>
  readonly say: (channel: string, text: string, threadTs?: string) => Promise<ActOutcome>
  readonly read: (channel: string) => Promise<ActOutcome>
  readonly press: (place: Place, blockId: string, actionId: string, value: Entered) => Promise<ActOutcome>
  readonly suggest: (place: Place, blockId: string, actionId: string, query: string) => Promise<Suggestions & ActOutcome>
  readonly fill: (values: Readonly<Record<string, Entered>>) => Promise<ActOutcome>
  readonly submit: () => Promise<ActOutcome>
  readonly close: (all: boolean) => Promise<ActOutcome>
  readonly openHome: () => Promise<ActOutcome>
  readonly shortcut: (callbackId: string, message?: { readonly channel: string; readonly ts: string }) => Promise<ActOutcome>
  /** Calls back at every change this person can see, and once more after each reconnection. */
  readonly live: (onChange: (change: Change) => void, onState: (connected: boolean) => void) => void
}

export async function everybody(): Promise<readonly PersonView[]> {
  const response = await fetch('/_control/people')
  return (await response.json()) as readonly PersonView[]
}

/** The acts of one person. */
export function apiFor(handle: string): Api {
  const at = `/_control/people/${encodeURIComponent(handle)}`
  const act = async <T extends ActOutcome>(path: string, body: unknown = {}): Promise<T> => {
    try {
      const response = await fetch(at + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return (await response.json()) as T
    } catch {
      return { ok: false, error: 'The workspace cannot be reached.', options: [], optionGroups: [] } as unknown as T
    }
  }
  return {
    snapshot: async () => (await (await fetch(at)).json()) as Snapshot | { error: string },
    contents: async (channel) => {
      const response = await fetch(`${at}/channels/${channel}`)
      return response.ok ? ((await response.json()) as ChannelContents) : undefined
    },
    say: (channel, text, threadTs) => act(`/channels/${channel}/messages`, { text, ...(threadTs ? { threadTs } : {}) }),
    read: (channel) => act(`/channels/${channel}/read`),
    press: (place, blockId, actionId, value) => act('/press', { place, blockId, actionId, value }),
    suggest: (place, blockId, actionId, query) => act('/suggest', { place, blockId, actionId, query }),
    fill: (values) => act('/modal/fill', { values }),
    submit: () => act('/modal/submit'),
    close: (all) => act('/modal/close', { all }),
    openHome: () => act('/home'),
    shortcut: (callbackId, message) => act('/shortcut', { callbackId, ...(message ? { message } : {}) }),
    live: (onChange, onState) => {
      let source: EventSource | undefined
      const open = () => {
        source = new EventSource(`${at}/live`)
        source.addEventListener('open', () => {
          onState(true)
          onChange({ kind: 'world' })
        })
        source.addEventListener('error', () => onState(false))
        source.addEventListener('message', (event: MessageEvent<string>) => onChange(JSON.parse(event.data) as Change))
      }
      // A browser holds six connections to one place: a tab that nobody sees gives its own to the others.
      document.addEventListener('visibilitychange', () => {
        source?.close()
        source = undefined
        if (document.visibilityState === 'visible') open()
      })
      if (document.visibilityState === 'visible') open()
    },
  }
}
