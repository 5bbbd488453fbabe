// Open modals and homes. A person has one stack of at most three modals; every change of a view gives it a new hash; what was entered stays where
// an element of the same block id, action id and type still stands, initial value or not, as at Slack.

import { stateOf } from './inputs.ts'
import type { ReadView } from './view-schema.ts'
import type { SurfaceView } from './wire.ts'
import { changed, newId, type View, type Workspace } from './workspace.ts'

export const MAX_STACK = 3

/** Opens a first modal; whatever was open before is gone. */
export function openModal(workspace: Workspace, person: string, read: ReadView): View {
  const view = newView(workspace, person, read, null)
  workspace.modals.set(person, [view])
  changed(workspace, { kind: 'modal', people: [person] })
  return view
}

/** Puts a modal on top; undefined when three are open or none is. */
export function pushModal(workspace: Workspace, person: string, read: ReadView): View | undefined {
  const stack = workspace.modals.get(person) ?? []
  const top = stack.at(-1)
  if (!top || stack.length >= MAX_STACK) return undefined
  const view = newView(workspace, person, read, top)
  stack.push(view)
  changed(workspace, { kind: 'modal', people: [person] })
  return view
}

export function updateView(workspace: Workspace, view: View, read: ReadView): void {
  const { kind: _, ...fields } = read
  Object.assign(view, fields, { hash: newHash(workspace) })
  view.draft = stateOf(view.blocks, view.draft)
  changed(workspace, { kind: view.kind, people: [view.person] })
}

/** Publishes a person's home. */
export function publishHome(workspace: Workspace, person: string, read: ReadView): View {
  const known = workspace.homes.get(person)
  if (known) {
    updateView(workspace, known, read)
    return known
  }
  const view = newView(workspace, person, read, null)
  workspace.homes.set(person, view)
  changed(workspace, { kind: 'home', people: [person] })
  return view
}

/** Closes one modal, or all of a person's. */
export function closeModals(workspace: Workspace, person: string, only?: View): void {
  const rest = only ? (workspace.modals.get(person) ?? []).filter((view) => view !== only) : []
  workspace.modals.set(person, rest)
  changed(workspace, { kind: 'modal', people: [person] })
}

export const topModal = (workspace: Workspace, person: string): View | undefined => workspace.modals.get(person)?.at(-1)

/** An open view by id or by the app's own id. */
export function findView(
  workspace: Workspace,
  by: { readonly id?: string | undefined; readonly externalId?: string | undefined },
): View | undefined {
  const open = [...[...workspace.modals.values()].flat(), ...workspace.homes.values()]
  return open.find((view) =>
    by.id === undefined ? view.externalId !== '' && view.externalId === by.externalId : view.id === by.id,
  )
}

/** A view as Slack sends it to the app. */
export function viewPayload(workspace: Workspace, view: View) {
  return {
    id: view.id,
    team_id: workspace.team.id,
    type: view.kind,
    blocks: view.blocks,
    private_metadata: view.privateMetadata,
    callback_id: view.callbackId,
    state: { values: stateOf(view.blocks, view.draft) },
    hash: view.hash,
    title: view.title,
    clear_on_close: view.clearOnClose,
    notify_on_close: view.notifyOnClose,
    close: view.close,
    submit: view.submit,
    previous_view_id: view.previousId,
    root_view_id: view.rootId,
    app_id: workspace.app.id,
    external_id: view.externalId,
    app_installed_team_id: workspace.team.id,
    bot_id: workspace.app.botId,
  }
}

/** A view as the person sees it. */
export function surfaceView(workspace: Workspace, view: View | undefined): SurfaceView | null {
  if (!view) return null
  return {
    id: view.id,
    hash: view.hash,
    title: view.title?.text ?? '',
    submit: view.submit?.text ?? null,
    blocks: view.blocks,
    close: view.close?.text ?? (view.submit ? 'Cancel' : 'Close'),
    callbackId: view.callbackId,
    privateMetadata: view.privateMetadata,
    values: stateOf(view.blocks, view.draft),
    depth: workspace.modals.get(view.person)?.length ?? 0,
  }
}

function newView(workspace: Workspace, person: string, read: ReadView, below: View | null): View {
  const id = newId('V')
  return { ...read, id, person, rootId: below?.rootId ?? id, previousId: below?.id ?? null, hash: newHash(workspace), draft: {} }
}

function newHash(workspace: Workspace): string {
  return `${Math.trunc(workspace.now() / 1000)}.${newId('h').slice(1, 9)}`
}
