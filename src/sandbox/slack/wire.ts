// What travels between the simulated workspace and whoever acts in it: the browser client and the test driver. Types only, so that browser code
// may import this file: type-stripping leaves nothing of it. The Block Kit shapes are loose readings of what `block-kit.ts` has let in; a block
// that did not pass there is never stored.

export interface TextObject {
  readonly type: 'plain_text' | 'mrkdwn'
  readonly text: string
  readonly emoji?: boolean
  readonly verbatim?: boolean
}
export interface Option {
  readonly text: TextObject
  readonly value: string
  readonly description?: TextObject
  readonly url?: string
}
export interface OptionGroup {
  readonly label: TextObject
  readonly options: readonly Option[]
}
export interface Confirm {
  readonly title?: TextObject
  readonly text: TextObject
  readonly confirm?: TextObject
  readonly deny?: TextObject
  readonly style?: 'primary' | 'danger'
}

/** A piece of rich text: a leaf (`text`, `link`, `user`, …) or a container (`rich_text_section`, …). */
export interface RichText {
  readonly type: string
  readonly text?: string
  readonly url?: string
  readonly user_id?: string
  readonly channel_id?: string
  readonly usergroup_id?: string
  readonly name?: string
  readonly unicode?: string
  readonly range?: string
  readonly timestamp?: number
  readonly format?: string
  readonly fallback?: string
  readonly value?: string
  readonly style?: Style | 'bullet' | 'ordered'
  readonly indent?: number
  readonly elements?: readonly RichText[]
}
export interface Style {
  readonly bold?: boolean
  readonly italic?: boolean
  readonly strike?: boolean
  readonly code?: boolean
  readonly underline?: boolean
}

/** Anything with an `action_id`, and what stands beside it in a context block. */
export interface Element {
  readonly type: string
  readonly action_id: string
  readonly text?: TextObject | string
  readonly value?: string
  readonly url?: string
  readonly style?: 'primary' | 'danger'
  readonly confirm?: Confirm
  readonly accessibility_label?: string
  readonly placeholder?: TextObject
  readonly options?: readonly Option[]
  readonly option_groups?: readonly OptionGroup[]
  readonly initial_option?: Option
  readonly initial_options?: readonly Option[]
  readonly initial_value?: string
  readonly initial_date?: string
  readonly initial_user?: string
  readonly multiline?: boolean
  readonly min_length?: number
  readonly max_length?: number
  readonly min_value?: string
  readonly max_value?: string
  readonly is_decimal_allowed?: boolean
  readonly min_query_length?: number
  readonly max_selected_items?: number
  readonly focus_on_load?: boolean
  readonly dispatch_action_config?: { readonly trigger_actions_on?: readonly string[] }
  readonly alt_text?: string
}
export interface Block {
  readonly type: string
  readonly block_id: string
  readonly text?: TextObject
  readonly fields?: readonly TextObject[]
  readonly accessory?: Element
  readonly elements?: readonly (Element | RichText)[]
  readonly element?: Element
  readonly label?: TextObject
  readonly hint?: TextObject
  readonly optional?: boolean
  readonly dispatch_action?: boolean
  readonly rows?: readonly (readonly RichText[])[]
  readonly level?: 'default' | 'info' | 'warning' | 'error' | 'success'
  readonly alt_text?: string
  readonly title?: TextObject
}

/** One element's state, as Slack sends it in `state.values`. */
export interface StateValue {
  readonly type: string
  readonly value?: string | null
  readonly selected_option?: Option | null
  readonly selected_options?: readonly Option[]
  readonly selected_date?: string | null
  readonly selected_user?: string | null
}
/** `state.values`: block id, then action id. */
export type State = Record<string, Record<string, StateValue>>

/** What a person puts in: text, number or date as written, the `value` of an option, several of them, or nothing. */
export type Entered = string | readonly string[] | null

/** Where a person acts: on a message, in the modal on top, or on the app's home. */
export type Place =
  | { readonly kind: 'message'; readonly channel: string; readonly ts: string }
  | { readonly kind: 'modal' }
  | { readonly kind: 'home' }

export interface PersonView {
  readonly id: string
  readonly handle: string
  readonly name: string
  readonly title: string
  readonly avatarColour: string
  readonly guest: boolean
  readonly singleChannel: boolean
  readonly external: boolean
  readonly deactivated: boolean
  readonly bot: boolean
  readonly workflow: boolean
}
export interface ChannelView {
  readonly id: string
  readonly name: string
  readonly topic: string
  readonly kind: 'channel' | 'private' | 'direct'
  readonly archived: boolean
  readonly externallyShared: boolean
  readonly members: readonly string[]
  readonly unread: number
}
export interface MessageView {
  readonly ts: string
  readonly channel: string
  readonly user: string
  readonly text: string
  readonly blocks: readonly Block[]
  readonly threadTs: string | null
  readonly replyCount: number
  readonly edited: boolean
  /** Only the person who reads this sees it. */
  readonly ephemeral: boolean
  readonly values: State
}
export interface SurfaceView {
  readonly id: string
  readonly hash: string
  readonly title: string
  readonly submit: string | null
  readonly close: string
  readonly blocks: readonly Block[]
  readonly callbackId: string
  readonly privateMetadata: string
  readonly values: State
  /** How many modals are stacked, this one included. */
  readonly depth: number
}
export interface Command {
  readonly command: string
  readonly description: string
  readonly usageHint: string
}
export interface Shortcut {
  readonly name: string
  readonly callbackId: string
  readonly type: 'global' | 'message'
  readonly description: string
}
/** All that one person sees, but for the messages of a channel. */
export interface Snapshot {
  readonly team: { readonly id: string; readonly name: string }
  readonly app: {
    readonly name: string
    readonly userId: string
    readonly commands: readonly Command[]
    readonly shortcuts: readonly Shortcut[]
  }
  readonly hint: Hint | null
  readonly me: PersonView
  readonly people: readonly PersonView[]
  readonly channels: readonly ChannelView[]
  readonly modal: SurfaceView | null
  readonly home: SurfaceView | null
}
/** What to tell one person who is here for the first time, and where. */
export interface Hint {
  readonly channel: string
  readonly title: string
  readonly text: string
  /** A command to try, written into the composer at a press. */
  readonly command: string | null
}
export interface ChannelContents {
  readonly channel: ChannelView
  readonly messages: readonly MessageView[]
}

/** What came of an act. `error` is in words for the person who acted. */
export interface ActOutcome {
  readonly ok: boolean
  readonly error?: string
  /** A link button's address, for the client to open. */
  readonly url?: string
  /** Why a modal was not taken, by block id. */
  readonly errors?: Readonly<Record<string, string>>
}
export interface Suggestions {
  readonly options: readonly Option[]
  readonly optionGroups: readonly OptionGroup[]
}

/** Something that somebody may see has changed. `people` absent: all. */
export interface Change {
  readonly kind: 'channel' | 'modal' | 'home' | 'world'
  readonly channel?: string
  readonly people?: readonly string[]
}
