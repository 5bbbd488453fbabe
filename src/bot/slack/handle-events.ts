// Events of the workspace. What Slack takes away counts at once: somebody who is deactivated there loses what they hold here, by a wish to the issuer.
// What Slack gives (an account that comes back) gives nothing. The Home tab is drawn when it is opened.

import type { App } from '@slack/bolt'
import { makeWish } from '../../commands/make-wish.ts'
import { personOfSlack } from '../../domain/action.ts'
import { findOwnWork } from '../own-work.ts'
import { findViewLimits } from './limits.ts'
import { renderHome } from './render-home.ts'
import type { SlackSide } from './side.ts'

export function handleEvents(bolt: App, side: SlackSide): void {
  bolt.event('user_change', async ({ event, body }) => {
    const { user } = event
    side.gate.forget(user.id)
    if (!user.deleted) return
    const published = await side.ctx.published()
    const person = published && personOfSlack(published.ruleSet, user.team_id ?? body.team_id, user.id)
    if (person) await makeWish(side.ctx, { kind: 'deactivated', person: person.id })
  })

  bolt.event('app_home_opened', async ({ event, body, client }) => {
    if (event.tab !== 'home') return
    const admitted = await side.gate.admit({ team: body.team_id, user: event.user })
    const full = admitted.ok
      ? renderHome(
          await findOwnWork(side.ctx, admitted.published.ruleSet, admitted.person.id, side),
          side.publicUrl,
          `${side.issuerUrl}/enrol`,
        )
      : side.no.home(admitted.words)
    const problems = findViewLimits(full)
    if (problems.length > 0) side.log.error({ fault: 'block_kit_limit', problems }, 'a Home tab is over a limit of Slack')
    const view = problems.length === 0 ? full : side.no.home('There is too much to show here.')
    await client.views.publish({ user_id: event.user, view })
  })
}
