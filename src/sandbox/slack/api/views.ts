// Modals and homes the app shows: open, push, update, publish. Opening and pushing need the trigger of something a person did within the last
// three seconds, and use it up.

import { z } from 'zod'
import { exchangeTrigger } from '../triggers.ts'
import { readView } from '../view-schema.ts'
import { findView, MAX_STACK, openModal, publishHome, pushModal, updateView, viewPayload } from '../views.ts'
import { done, fail, method, structured } from './method.ts'

const triggered = z.object({ trigger_id: z.string(), view: structured })

export const viewsOpen = method(triggered, (workspace, args) => {
  const read = readView(args.view, 'modal')
  if (!read.ok) return fail(read.error, read.messages)
  if (read.view.externalId !== '' && findView(workspace, { externalId: read.view.externalId }))
    return fail('duplicate_external_id')
  const trigger = exchangeTrigger(workspace, args.trigger_id)
  if (!trigger.ok) return fail(trigger.error)
  return done({ view: viewPayload(workspace, openModal(workspace, trigger.person, read.view)) })
})

export const viewsPush = method(triggered, (workspace, args) => {
  const read = readView(args.view, 'modal')
  if (!read.ok) return fail(read.error, read.messages)
  const trigger = exchangeTrigger(workspace, args.trigger_id, false)
  if (!trigger.ok) return fail(trigger.error)
  const stack = workspace.modals.get(trigger.person) ?? []
  if (trigger.fromView === null || !stack.some((view) => view.id === trigger.fromView)) return fail('not_found')
  if (stack.length >= MAX_STACK) return fail('push_limit_reached')
  exchangeTrigger(workspace, args.trigger_id)
  const view = pushModal(workspace, trigger.person, read.view)
  return view ? done({ view: viewPayload(workspace, view) }) : fail('push_limit_reached')
})

export const viewsUpdate = method(
  z.object({ view: structured, view_id: z.string().optional(), external_id: z.string().optional(), hash: z.string().optional() }),
  (workspace, args) => {
    if (args.view_id === undefined && args.external_id === undefined) return fail('invalid_arguments')
    const view = findView(workspace, { id: args.view_id, externalId: args.external_id })
    if (!view) return fail('not_found')
    const read = readView(args.view, view.kind)
    if (!read.ok) return fail(read.error, read.messages)
    if (args.hash !== undefined && args.hash !== view.hash) return fail('hash_conflict')
    updateView(workspace, view, read.view)
    return done({ view: viewPayload(workspace, view) })
  },
)

export const viewsPublish = method(
  z.object({ user_id: z.string(), view: structured, hash: z.string().optional() }),
  (workspace, args) => {
    const person = workspace.people.get(args.user_id)
    if (!person || person.flags.bot) return fail('user_not_found')
    const read = readView(args.view, 'home')
    if (!read.ok) return fail(read.error, read.messages)
    if (args.hash !== undefined && args.hash !== workspace.homes.get(args.user_id)?.hash) return fail('hash_conflict')
    return done({ view: viewPayload(workspace, publishHome(workspace, args.user_id, read.view)) })
  },
)
