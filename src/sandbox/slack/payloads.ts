// What the workspace sends to the app, in Slack's field names: the parts that all interactions share, messages, and the event envelope.

import { homeOf } from './api/method.ts'
import { viewPayload } from './views.ts'
import { type Message, newId, type Person, type View, type Workspace } from './workspace.ts'

/** A message as Slack tells it to the app. */
export function messageObject(workspace: Workspace, message: Message) {
  const { app, team } = workspace
  const own = message.user === app.userId
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    text: message.text,
    team: team.id,
    ...(own ? { bot_id: app.botId, app_id: app.id, bot_profile: { id: app.botId, app_id: app.id, name: app.name } } : {}),
    ...(message.blocks.length === 0 ? {} : { blocks: message.blocks }),
    ...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
    ...(message.editedTs === null ? {} : { edited: { user: message.user, ts: message.editedTs } }),
    ...(message.metadata === null ? {} : { metadata: message.metadata }),
  }
}

/** Who acted and where: the head of every interaction. */
export function interactionHead(workspace: Workspace, person: Person) {
  const team_id = homeOf(workspace, person)
  return {
    user: { id: person.slackId, username: person.handle, name: person.handle, team_id },
    api_app_id: workspace.app.id,
    token: 'deprecated',
    team: { id: workspace.team.id, domain: workspace.team.domain },
    enterprise: null,
    is_enterprise_install: false,
  }
}

export function viewContainer(workspace: Workspace, view: View) {
  return { container: { type: 'view', view_id: view.id }, view: viewPayload(workspace, view) }
}

/** The message something was done on. An ephemeral one is named, not shown: Slack keeps no copy of it. */
export function messageContainer(workspace: Workspace, message: Message, channelName: string) {
  const ephemeral = message.ephemeralFor !== null
  return {
    container: { type: 'message', message_ts: message.ts, channel_id: message.channel, is_ephemeral: ephemeral },
    channel: { id: message.channel, name: channelName },
    ...(ephemeral ? {} : { message: messageObject(workspace, message) }),
  }
}

/** An event in its envelope. `event_id` stays the same through retries. */
export function eventEnvelope(workspace: Workspace, event: Readonly<Record<string, unknown>>) {
  return {
    token: 'deprecated',
    team_id: workspace.team.id,
    context_team_id: workspace.team.id,
    context_enterprise_id: null,
    api_app_id: workspace.app.id,
    event,
    type: 'event_callback',
    event_id: newId('Ev'),
    event_time: Math.trunc(workspace.now() / 1000),
    is_ext_shared_channel: false,
    event_context: newId('EC'),
    authorizations: [
      {
        enterprise_id: null,
        team_id: workspace.team.id,
        user_id: workspace.app.userId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
  }
}
