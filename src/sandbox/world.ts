// The sandbox's world: a small company on an incident, with the people that the sandbox's `directory.yaml` names. Ids are stable, so that the
// directory can name them as `TEAM/USER`. The person's id in the directory is the handle here.

import type { App, WorkspaceOptions } from './slack/workspace.ts'

export const TEAM_ID = 'T0SANDBOX'
/** What a newcomer is told to type. */
export const FIRST_COMMAND = '/elevate service.restart'

/** The people of the sandbox. The guest stands in no directory. */
export const PEOPLE = [
  { slackId: 'U0REYOKAFOR', handle: 'rey', name: 'Rey Okafor', title: 'on call', avatarColour: '#0f766e' },
  { slackId: 'U0ANALINDQV', handle: 'ana', name: 'Ana Lindqvist', title: 'approver', avatarColour: '#9d3c72' },
  { slackId: 'U0BOTANAKA0', handle: 'bo', name: 'Bo Tanaka', title: 'approver', avatarColour: '#3659b8' },
  { slackId: 'U0MIRACASTE', handle: 'mira', name: 'Mira Castellanos', title: 'administrator', avatarColour: '#a04a18' },
  { slackId: 'U0THEOBRAND', handle: 'theo', name: 'Theo Brandt', title: 'auditor', avatarColour: '#57534e' },
  {
    slackId: 'U0GUESTLUCA',
    handle: 'luca',
    name: 'Luca Moretti',
    title: 'guest',
    avatarColour: '#7c5cc4',
    flags: { guest: true },
  },
] as const

const APP: App = {
  id: 'A0COUNTERSIGN',
  name: 'Countersign',
  userId: 'U0COUNTERSIGN',
  botId: 'B0COUNTERSIGN',
  commands: [{ command: '/elevate', description: 'Ask for a privileged action', usageHint: '[runbook.action] [name=value …]' }],
  shortcuts: [{ name: 'Ask for access', callbackId: 'request.open', type: 'global', description: 'Ask for a privileged action' }],
  events: [
    'app_home_opened',
    'user_change',
    'channel_archive',
    'channel_rename',
    'channel_shared',
    'app_uninstalled',
    'tokens_revoked',
  ],
}

/** The default world; `app` replaces what the app offers, as its manifest says. */
export function sandboxWorld(app: Partial<Pick<App, 'commands' | 'shortcuts' | 'events'>> = {}): WorkspaceOptions {
  const staff = ['rey', 'ana', 'bo', 'mira', 'theo']
  return {
    team: { id: TEAM_ID, name: 'Northwind Sandbox', domain: 'northwind-sandbox' },
    app: { ...APP, ...app },
    people: PEOPLE,
    channels: [
      {
        id: 'C0INCIDENT42',
        name: 'incident-4211',
        topic: 'payments-api is refusing cards. Severity 2, open since 14:02.',
        members: [...staff, 'countersign'],
      },
      {
        id: 'C0ACCESSREQS',
        name: 'access-requests',
        topic: 'Every request for privileged access, as it goes.',
        members: [...staff, 'countersign'],
      },
      { id: 'C0GENERAL00', name: 'general', topic: 'Everybody, guests too.', members: [...staff, 'luca'] },
    ],
    userGroups: [{ id: 'S0ONCALL000', name: 'On call', handle: 'on-call', members: ['U0REYOKAFOR'] }],
    hint: {
      channel: 'C0INCIDENT42',
      command: FIRST_COMMAND,
      text: 'The payments service needs a restart, and nobody may just do that. Ask for it here; somebody else has to agree.',
    },
  }
}
