// The sandbox's world: a small company on an incident, with the people that the sandbox's `directory.yaml` names. Ids are stable, so that the
// directory can name them as `TEAM/USER`. The person's id in the directory is the handle here.

import type { Hint } from './slack/wire.ts'
import type { App, WorkspaceOptions } from './slack/workspace.ts'

export const TEAM_ID = 'T0SANDBOX'
/** What a newcomer is told to type. */
export const FIRST_COMMAND = '/elevate service.restart'

/** The people of the sandbox; from the guests on, they stand in no directory. */
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
  {
    slackId: 'U0GUESTNORA',
    handle: 'nora',
    name: 'Nora Vance',
    title: 'guest of one channel',
    avatarColour: '#8a6d1f',
    flags: { guest: true, singleChannel: true },
  },
  {
    slackId: 'U0PARTNERPA',
    handle: 'pat',
    name: 'Pat Ellery',
    title: 'from another organisation',
    avatarColour: '#2f7d5b',
    flags: { external: true },
  },
  {
    slackId: 'U0LEFTDANA0',
    handle: 'dana',
    name: 'Dana Whitlock',
    title: 'left in spring',
    avatarColour: '#6b7280',
    flags: { deactivated: true },
  },
  {
    slackId: 'U0DEPLOYBOT',
    handle: 'deploys',
    name: 'Deploys',
    title: 'another app',
    avatarColour: '#4a4e69',
    flags: { bot: true },
  },
  {
    slackId: 'U0WORKFLOW0',
    handle: 'handover',
    name: 'On-call handover',
    title: 'workflow',
    avatarColour: '#5b5f97',
    flags: { bot: true, workflow: true },
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

const INCIDENT = 'C0INCIDENT42'
const watching = (title: string, text: string, channel = 'C0ACCESSREQS'): Hint => ({ channel, title, text, command: null })
const HINTS: Readonly<Record<string, Hint>> = {
  rey: {
    channel: INCIDENT,
    title: 'You are Rey, and you are on call.',
    text: 'The payments service needs a restart, and nobody may just do that. Ask for it here; somebody else has to agree.',
    command: FIRST_COMMAND,
  },
  ana: watching('You are Ana, and you may approve.', 'What others ask for appears here and in your messages from Countersign.'),
  bo: watching('You are Bo, and you may approve.', 'What others ask for appears here and in your messages from Countersign.'),
  mira: watching(
    'You are Mira, and you administer keys and rules.',
    'You can object to any request here, but not approve one alone.',
  ),
  theo: watching('You are Theo, and you read the log.', 'Requests appear here as they go. The log has every step.'),
  luca: watching('You are Luca, a guest.', 'Guests cannot ask for access. Try it and see.', 'C0GENERAL00'),
  nora: watching('You are Nora, a guest of this channel alone.', 'Guests cannot ask for access. Try it and see.', INCIDENT),
  pat: watching(
    'You are Pat, from another organisation.',
    'Countersign serves its own workspace. Try it and see.',
    'C0PARTNERCH',
  ),
  deploys: watching('You are an app.', 'Apps cannot ask for access. Try it and see.', INCIDENT),
  handover: watching('You are a workflow.', 'Workflows cannot ask for access. Try it and see.', INCIDENT),
}

/** What stands in the channels before anybody has acted: an incident that somebody must end. */
export const SCENE = [
  { channel: INCIDENT, by: 'U0ANALINDQV', text: 'payments-api refuses every card since 14:02. Checkout shows an error page.' },
  { channel: INCIDENT, by: 'U0BOTANAKA0', text: 'Database and queue look fine. The pods hold dead connections.' },
  { channel: INCIDENT, by: 'U0REYOKAFOR', text: 'Then a restart of `payments-api` should clear it. I ask for it now.' },
] as const

/** The default world; `app` replaces what the app offers, as its manifest says. */
export function sandboxWorld(app: Partial<Pick<App, 'commands' | 'shortcuts' | 'events' | 'scopes'>> = {}): WorkspaceOptions {
  const staff = ['rey', 'ana', 'bo', 'mira', 'theo']
  return {
    team: { id: TEAM_ID, name: 'Northwind Sandbox', domain: 'northwind-sandbox' },
    app: { ...APP, ...app },
    people: PEOPLE,
    channels: [
      {
        id: INCIDENT,
        name: 'incident-4211',
        topic: 'payments-api is refusing cards. Severity 2, open since 14:02.',
        members: [...staff, 'nora', 'deploys', 'handover', 'countersign'],
      },
      {
        id: 'C0ACCESSREQS',
        name: 'access-requests',
        topic: 'Every request for privileged access, as it goes.',
        members: [...staff, 'countersign'],
      },
      {
        id: 'C0SECURITY0',
        name: 'security',
        topic: 'Every change of keys, roles and rules.',
        members: ['ana', 'mira', 'theo', 'countersign'],
      },
      { id: 'C0GENERAL00', name: 'general', topic: 'Everybody, guests too.', members: [...staff, 'luca'] },
      {
        id: 'C0PARTNERCH',
        name: 'acme-bridge',
        topic: 'Shared with Acme, who take our cards.',
        shared: true,
        members: ['rey', 'ana', 'pat', 'countersign'],
      },
    ],
    userGroups: [{ id: 'S0ONCALL000', name: 'On call', handle: 'on-call', members: ['U0REYOKAFOR'] }],
    hints: HINTS,
  }
}
