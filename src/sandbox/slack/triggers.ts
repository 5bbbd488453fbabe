// Trigger ids: three seconds in which an app may open one modal for the person who acted. Single use. Response URLs stand in `response-urls.ts`.

import { randomBytes } from 'node:crypto'
import type { Workspace } from './workspace.ts'

export const TRIGGER_MS = 3000

/** A new trigger for what a person just did; `fromView` is the modal it happened in. */
export function issueTrigger(workspace: Workspace, person: string, fromView: string | null = null): string {
  const id = `${workspace.now()}.${workspace.team.id}.${randomBytes(16).toString('hex')}`
  workspace.triggers.set(id, { person, fromView, expiresAt: workspace.now() + TRIGGER_MS, used: false })
  return id
}

export type Exchange =
  | { readonly ok: true; readonly person: string; readonly fromView: string | null }
  | { readonly ok: false; readonly error: 'invalid_trigger_id' | 'exchanged_trigger_id' | 'expired_trigger_id' }

/** Looks at a trigger and, unless `spend` is false, uses it up. A refused view does not cost the trigger, as at Slack. */
export function exchangeTrigger(workspace: Workspace, id: string, spend = true): Exchange {
  const trigger = workspace.triggers.get(id)
  if (!trigger) return { ok: false, error: 'invalid_trigger_id' }
  if (trigger.used) return { ok: false, error: 'exchanged_trigger_id' }
  if (workspace.now() > trigger.expiresAt) return { ok: false, error: 'expired_trigger_id' }
  if (spend) trigger.used = true
  return { ok: true, person: trigger.person, fromView: trigger.fromView }
}
