// What planning deliveries needs to know of a request, from its view.

import type { Outliner } from '../commands/plan-deliveries.ts'
import { viewRequest } from './request-view.ts'
import { stageOf } from './slack/render-notice.ts'
import { STEP_TYPES } from './slack/steps.ts'

export const outlineOf: Outliner = (facts, set) => {
  const view = viewRequest(facts, set, [])
  return {
    requester: view.requester.id,
    action: view.action,
    confirmed: view.confirmed,
    awaitingApprovers: view.state === 'awaiting_approvers',
    held: view.held !== undefined,
    decisions: view.decisions.length,
    stage: stageOf(view),
    unanswered: view.grant?.unanswered ?? false,
    steps: STEP_TYPES,
  }
}
