// Changes of keys, roles and rules in words, as pure functions; golden files pin them. The nickname of a key is what somebody typed who registered it, so it
// stands in elements that parse nothing, like everything here. One button at most changes something: "This was not me" stops, and gives nothing.

import { WAITS_DAYS } from '../../db/registrations.ts'
import type { Role } from '../../domain/directory.ts'
import type { ChangeView, Doubtable, KeyView, NoticeView } from '../notice-view.ts'
import type { Named, RequestView } from '../request-view.ts'
import { actions, ask, type Block, button, clip, header, lines, listed, type Message, note, type Piece } from './blocks.ts'
import { ruleLines } from './render-rules.ts'

/** Who reads it: the person it concerns, an administrator, or whoever is in the security channel. */
export type Reader = 'own' | 'admin' | 'security'
export type NoticeLinks = {
  readonly keys: string
  readonly enrol: string
  readonly pageOf: (view: RequestView) => string | undefined
}
/** Beyond this a message says how many more there are; the log has all of it. */
const MOST_NAMED = 10
const MOST_NAMED_TOGETHER = 3
const MOST_TOGETHER = 12
const WAITS_SECONDS = WAITS_DAYS * 86_400

export const NOT_ME = 'key.not_me'

/** One message of one or more notices, the oldest first. */
export function renderChanges(told: readonly NoticeView[], reader: Reader, links: NoticeLinks): Message | undefined {
  const views = told.filter((view) => !isEchoed(view, told))
  const [first, ...others] = views
  if (!first) return undefined
  const shown = views.slice(0, MOST_TOGETHER)
  const most = others.length === 0 ? MOST_NAMED : MOST_NAMED_TOGETHER
  const title = others.length === 0 ? titleOf(first, reader) : `${views.length} changes of keys, roles and rules`
  return {
    text: title,
    blocks: [
      header(title),
      ...shown.flatMap((view) => [lines(linesOf(view, reader, links, most)), ...doubting(view, reader, links)]),
      ...(views.length > shown.length ? [note(`and ${views.length - shown.length} more; the log has all of them.`)] : []),
    ],
  }
}

/** A key that waited and was enrolled in the same minute is told by the change that enrolled it. */
const isEchoed = (view: NoticeView, told: readonly NoticeView[]): boolean =>
  view.is === 'registration' &&
  view.standing === 'enrolled' &&
  told.some((each) => each.is === 'change' && each.operation === 'enrol' && each.keys.some(({ short }) => short === view.short))

function titleOf(view: NoticeView, reader: Reader): string {
  const own = reader === 'own'
  switch (view.is) {
    case 'change':
      return own ? OWN_TITLE[view.operation] : TITLE[view.operation]
    case 'waits':
      return 'A change waits for a second administrator'
    case 'registration':
      return own
        ? 'A key was registered in your name'
        : view.standing === 'turned_down'
          ? 'A key was turned down'
          : 'A key was registered'
    case 'held':
      if (!own) return 'Somebody said: this was not me'
      return view.keys.length > 0 ? 'Your key is held' : 'Your key is in doubt'
    case 'released':
      return own ? 'Your key is released' : 'A key is released'
    case 'alarm':
      return 'Alarm: many say “This was not me”'
    case 'disagreement':
      return 'Alarm: the two verifiers disagree'
    case 'standstill':
      return own ? 'Alarm: there may be a copy of your key' : 'Alarm: there may be a copy of a key'
    case 'era':
      return 'A new era has begun'
    case 'unheard':
      return 'The security channel takes no messages'
    case 'rules':
      return own ? 'The rules now name you' : 'The rules have changed'
  }
}

const TITLE: { readonly [O in ChangeView['operation']]: string } = {
  enrol: 'Keys were enrolled',
  add: 'A further key was added',
  suspend: 'Keys were suspended',
  reinstate: 'Keys were reinstated',
  revoke: 'Keys were revoked',
  role: 'A role has changed',
  endorse: 'Administrators signed for the newest rules',
  provider: 'A sign-in provider has changed',
  recover: 'The recovery of a database was signed',
}
const DOING: typeof TITLE = {
  enrol: 'Keys are to be enrolled',
  add: 'A key is to be added',
  suspend: 'Keys are to be suspended',
  reinstate: 'Keys are to be reinstated',
  revoke: 'Keys are to be revoked',
  role: 'A role is to change',
  endorse: 'The newest rules are to count at once',
  provider: 'A sign-in provider is to change',
  recover: 'A database that was put back is to be recovered',
}
const OWN_TITLE: typeof TITLE = {
  ...TITLE,
  enrol: 'A key was enrolled in your name',
  add: 'A further key was added in your name',
  suspend: 'A key of yours was suspended',
  reinstate: 'A key of yours was reinstated',
  revoke: 'A key of yours was revoked',
  role: 'A role of yours has changed',
}

function linesOf(view: NoticeView, reader: Reader, links: NoticeLinks, most: number): Piece[][] {
  switch (view.is) {
    case 'change':
      return changeLines(view, most)
    case 'waits':
      return [
        [{ bold: DOING[view.operation as ChangeView['operation']] ?? 'Something is to change' }, ...ofPeople(view.people)],
        ['Signed first by ', { person: view.by }, ' at ', { at: view.at }, '. Until then nothing has changed.'],
        ['Look at it there: ', { link: links.keys, text: links.keys }],
      ]
    case 'registration':
      return registrationLines(view, reader, links)
    case 'held':
      return [
        [
          '✋ ',
          // Whoever owns Slack can press in his name, so not even he is told that he did.
          ...(reader === 'own' ? ['It was said in your name'] : [{ person: view.person }, ' says']),
          ` that change ${view.sequence} of the directory was somebody else’s doing (`,
          { on: view.at },
          ').',
        ],
        ...(view.keys.length > 0 ? heldLines(view, most) : []),
        ...(view.spared.length > 0 ? sparedLines(view, reader, links, most) : []),
        ...(reader === 'own' ? [] : [['Talk to ', { person: view.person }, ' by another way than Slack.'] as Piece[]]),
        ...(reader === 'admin' ? liveLines(view.live, links) : []),
      ]
    case 'released':
      return [
        ...keyLines(view.keys, most),
        view.by === 'owner'
          ? [{ person: view.person }, ' said with another key that it is theirs. It signs again (', { on: view.at }, ').']
          : ['Administrators signed about it after it was held, so the directory says what it is worth (', { on: view.at }, ').'],
      ]
    case 'alarm':
      return [
        [{ bold: `${view.holds} times within ten minutes somebody said that a change was not their doing.` }],
        [
          'Either somebody signs in the names of others, or somebody owns Slack and presses for everybody. What is held only stands still.',
        ],
        ['Talk to each other by another way than Slack, and look at the log (', { on: view.at }, ').'],
      ]
    case 'disagreement':
      return [
        [
          'Of the two verifiers that must both accept what a key signs, one took ',
          view.registering ? 'a registration in the name of ' : 'a signature in the name of ',
          { person: view.person },
          ' and the other did not (',
          { on: view.at },
          '). It was refused, and gave nothing.',
        ],
        [
          'Either one of them has a fault, or somebody looks for one. The log says which and of what: have whoever runs Countersign look.',
        ],
      ]
    case 'standstill':
      return [
        ...keyLines(view.keys, most),
        [
          'It signed as only it can, and had not counted on since it signed last (',
          { on: view.at },
          '). That was refused. Somebody may have a copy of it, or two pages were signed at the same time.',
        ],
        reader === 'own'
          ? [
              'If you did not sign on two pages at once, suspend it there, and sign with another: ',
              { link: links.keys, text: links.keys },
            ]
          : [
              'Ask ',
              { person: view.person },
              ' by another way than Slack. An administrator suspends it with one signature: ',
              { link: links.keys, text: links.keys },
            ],
      ]
    case 'era':
      return [
        [
          `New root keys were pinned on the issuer’s host: era ${view.era}, `,
          { on: view.at },
          '. Keys of the era before do not count any more.',
        ],
        ['Roots: ', ...listed(view.roots)],
        ['If you did not hear of this by another way than Slack, do not sign anything.'],
      ]
    case 'unheard':
      return [
        [
          `Slack does not take messages of this app in ${view.channel} (${view.why}). What belongs there is told to administrators alone.`,
        ],
        ['Invite the app, or name another security_channel in directory.yaml. A channel that others share is never written to.'],
      ]
    case 'rules':
      return ruleLines(view, most)
  }
}

function changeLines(view: ChangeView, most: number): Piece[][] {
  const signed: Piece[] =
    view.signers.length > 0
      ? [view.byOwner ? 'Signed with a key of ' : 'Signed by ', ...listed(view.signers)]
      : [`Vouched for by ${view.provider ?? 'the sign-in provider'}`]
  return [
    ...keyLines(view.keys, most),
    ...view.given
      .slice(0, most)
      .map(({ person, roles, effect }): Piece[] => [
        { person },
        effect === 'grant' ? ' may now serve as ' : ' serves no more as ',
        roles.map((role) => ROLE[role]).join(' and '),
      ]),
    ...(view.about === undefined ? [] : [[view.about]]),
    ...(view.operation === 'recover'
      ? [['The database had been put back to an older moment. What came after it stays lost.']]
      : []),
    [...signed, ', ', { on: view.at }, `, change ${view.sequence}`],
    ...(view.approvesFrom === undefined ? [] : [['May approve from ', { on: view.approvesFrom }] as Piece[]]),
  ]
}

const ROLE: { readonly [R in Role]: string } = { administrator: 'administrator', approver: 'approver', auditor: 'auditor' }

type Held = Extract<NoticeView, { is: 'held' }>

const heldLines = (view: Held, most: number): Piece[][] => [
  ...keyLines(view.keys, most),
  [
    'Held keys sign nothing, and what they approved hands out nothing more, until ',
    { person: view.person },
    ' says with another key that they are theirs, or administrators sign about them.',
  ],
]

const sparedLines = (view: Held, reader: Reader, { keys }: NoticeLinks, most: number): Piece[][] => [
  [
    '🚨 ',
    { bold: 'Not held: without this key too few administrators could sign.' },
    ' It signs changes of the directory, and nothing else.',
  ],
  ...keyLines(view.spared, most),
  [
    reader === 'own' ? 'If it was not you, reach another administrator' : 'If it was somebody else, an administrator suspends it',
    reader === 'own' ? ' by another way than Slack, who suspends it' : '',
    ', which takes one signature: ',
    { link: keys, text: keys },
  ],
]

function registrationLines(view: Extract<NoticeView, { is: 'registration' }>, reader: Reader, links: NoticeLinks): Piece[][] {
  const key: Piece[] = [
    '🔑 ',
    ...(view.nickname === '' ? [] : [{ bold: clip(view.nickname, 60) }, ' ']),
    `(${view.short}) for `,
    { person: view.person },
  ]
  switch (view.standing) {
    case 'enrolled':
      return [[...key, ' was enrolled.']]
    case 'turned_down':
      return [
        [...key, ' was turned down', ...(view.by ? [' by ', { person: view.by }] : []), '. It can never be registered again.'],
      ]
    case 'waits':
      return [
        // Nobody is told when its time is over or it had to make room, so what stands here must stay true.
        [
          ...key,
          ' was registered ',
          { on: view.at },
          ' and waits until ',
          { on: view.at + WAITS_SECONDS },
          ' at the latest. It can do nothing yet.',
        ],
        reader === 'own'
          ? ['An administrator enrols it after comparing its words with you. If you did not register it, say so.']
          : [
              'Enrol it only after comparing its words with them, by another way than Slack: ',
              { link: links.enrol, text: links.enrol },
            ],
      ]
  }
}

function liveLines(live: readonly RequestView[], links: NoticeLinks): Piece[][] {
  if (live.length === 0) return [['No access lives that it asked for or approved.']]
  return [
    [{ bold: 'Still alive of what it asked for or approved:' }],
    ...live.map((view): Piece[] => {
      const page = links.pageOf(view)
      return [
        `${clip(view.title, 150)} (${view.checkCode}), `,
        { person: view.requester },
        ...(view.grant ? [', until ', { at: view.grant.endsAt } as Piece] : []),
        ...(page === undefined ? [] : [': ', { link: page, text: 'end it there' } as Piece]),
      ]
    }),
  ]
}

const keyLines = (keys: readonly KeyView[], most: number): Piece[][] => [
  ...keys
    .slice(0, most)
    .map(({ owner, nickname, short, standing }): Piece[] => [
      '🔑 ',
      { bold: clip(nickname, 60) },
      ` (${short}) of `,
      { person: owner },
      standing === 'active' ? '' : `, now ${standing}`,
    ]),
  ...(keys.length > most ? [[`and ${keys.length - most} more keys`]] : []),
]

const ofPeople = (people: readonly Named[]): Piece[] => (people.length === 0 ? [] : [': ', ...listed(people)])

/** The button for who may say that it was not his doing, and the way to what he has. */
function doubting(view: NoticeView, reader: Reader, { keys }: NoticeLinks): Block[] {
  const own = reader === 'own' && ['change', 'held', 'released'].includes(view.is)
  const look = own ? [button('link.keys', 'Your keys', { url: keys })] : []
  const doubt = view.doubt === undefined ? [] : [notMe(view.doubt)]
  return look.length + doubt.length === 0 ? [] : [actions(...doubt, ...look)]
}

const notMe = (value: Doubtable) =>
  button(NOT_ME, 'This was not me', { value, style: 'danger', confirm: value.startsWith('change/') ? HOLD : TURN_DOWN })

const HOLD = ask(
  'Hold the key?',
  'It signs nothing until you say with another key of yours that it was you after all, or administrators sign about it. They are told at once.',
  'This was not me',
)
const TURN_DOWN = ask(
  'Turn the key down?',
  'It can never be registered again. Administrators are told at once.',
  'This was not me',
)
