// Every state of a request's page, for everybody who may look at it: what is shown and what may be done. What a reload shows is what the server knows, so
// one table holds it; each page is then opened in Chromium, light and dark, narrow and wide, and axe finds nothing.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { axeOf, openPages, photograph } from '../support/issuer-pages.ts'
import { makeStates, STATES, type StateName } from '../support/page-states.ts'
import { ORIGIN } from '../support/world.ts'

type Person = 'requester' | 'decided' | 'undecided' | 'administrator' | 'ineligible' | 'another'
/** Who the link was made for. */
const OF: { readonly [P in Person]: string } = {
  requester: 'rey',
  decided: 'ana',
  undecided: 'bo',
  administrator: 'mira',
  ineligible: 'theo',
  another: 'ana',
}
const PEOPLE = Object.keys(OF) as Person[]

/** The heading of the panel, and the acts it offers. */
type Offer = readonly [heading: string, ...acts: string[]]
type Row = { readonly badge: string; readonly requester: Offer; readonly decided: Offer; readonly undecided: Offer }
const NOTHING: Offer = ['Nothing for you to do']
const NOT_YET: Offer = ['Not yet']
const DECIDE: Offer = ['Decide', 'approve', 'deny']
const DID: Offer = ['You approved this']

const TABLE: { readonly [S in Exclude<StateName, 'refused' | 'checking'>]: Row } = {
  'waits for the requester': {
    badge: 'Waits for Rey Okafor to confirm with a key',
    requester: ['Where do you need it?', 'find-terminal', 'confirm'],
    decided: NOT_YET,
    undecided: NOT_YET,
  },
  'waits for approval': {
    badge: 'Waits for approval: 0 of 1',
    requester: ['Your part is done'],
    decided: DECIDE,
    undecided: DECIDE,
  },
  'one of two': { badge: 'Waits for approval: 1 of 2', requester: ['Your part is done'], decided: DID, undecided: DECIDE },
  held: {
    badge: 'Waits for approval: 0 of 1, held by Bo Tanaka',
    requester: ['Your part is done'],
    decided: DECIDE,
    undecided: DECIDE,
  },
  approved: { badge: 'Approved', requester: ['Approved', 'claim', 'find-terminal', 'confirm'], decided: DID, undecided: NOTHING },
  'approved, but held': {
    badge: 'Approved, held by Bo Tanaka',
    requester: ['Approved, but held'],
    decided: DID,
    undecided: NOTHING,
  },
  'in use': {
    badge: 'In use until',
    requester: ['Your credential', 'copy-secret', 'reveal', 'copy-command', 'give-back', 'revoke'],
    decided: ['You approved this', 'revoke'],
    undecided: ['You can end it', 'revoke'],
  },
  'given back': { badge: 'Given back', requester: ['Given back'], decided: DID, undecided: NOTHING },
  'ended by an approver': { badge: 'Ending early', requester: ['Ended early'], decided: DID, undecided: NOTHING },
  'could not be made': { badge: 'The credential could not be made', requester: ['Over'], decided: DID, undecided: NOTHING },
  expired: { badge: 'Ended by itself', requester: ['Over'], decided: DID, undecided: NOTHING },
  denied: { badge: 'Denied', requester: ['Over'], decided: ['You denied this'], undecided: NOTHING },
  lapsed: { badge: 'Ran out of time', requester: ['Over'], decided: NOTHING, undecided: NOTHING },
  cancelled: { badge: 'Cancelled', requester: ['Over'], decided: NOTHING, undecided: NOTHING },
  voided: { badge: 'Void: the action changed after it was asked for', requester: ['Over'], decided: NOTHING, undecided: NOTHING },
}
/** Who decides nothing here can still end what lives. */
const ADMINISTRATORS: { readonly [S in StateName]?: Offer } = { 'in use': ['You can end it', 'revoke'] }
/** Whether a link made for this person shows personal values without a session: only while its person's decision is awaited. */
const isAwaited = (state: keyof typeof TABLE, person: Person): boolean =>
  /^(?:Where|Decide)/.test(
    person === 'requester' || person === 'decided' || person === 'undecided' ? TABLE[state][person][0] : '',
  )

const pages = openPages()
const links = new Map<string, string>()
let rey = ''
before(async () => {
  await pages.ready
  const { world, link, signIn } = pages.door()
  for (const [state, { requestId, viewId }] of await makeStates(world)) {
    links.set(`${state}/rey`, viewId)
    for (const person of ['ana', 'bo', 'mira', 'theo']) links.set(`${state}/${person}`, await link(requestId, person))
  }
  rey = await signIn('rey')
})
const pathOf = (state: StateName, person: Person): string => `/r/${links.get(`${state}/${OF[person]}`)}`
const markupOf = async (state: StateName, person: Person): Promise<string> =>
  (await pages.door().get(pathOf(state, person), person === 'another' ? { cookie: rey } : {})).body

const words = (markup = ''): string =>
  markup
    .replace(/<span aria-hidden[\s\S]*?<\/span>/g, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ')
    .trim()
const part = (markup: string, pattern: RegExp): string => words(pattern.exec(markup)?.[1])

for (const [state, row] of Object.entries(TABLE) as [keyof typeof TABLE, Row][]) {
  test(`${state}: each person is told the same state, and offered what is his to do and no more`, async () => {
    for (const person of PEOPLE) {
      const markup = await markupOf(state, person)
      assert.ok(
        part(markup, /<p class="badge[^>]*>([\s\S]*?)<\/p>/).startsWith(row.badge),
        `${person}: ${part(markup, /<p class="badge[^>]*>([\s\S]*?)<\/p>/)}`,
      )
      const panel = /<section class="panel" id="act"[\s\S]*?<\/section>/.exec(markup)?.[0] ?? ''
      const expected: Offer =
        person === 'ineligible' || person === 'administrator'
          ? (person === 'administrator' && ADMINISTRATORS[state]) || NOTHING
          : person === 'another'
            ? ['Not your link', 'sign-out']
            : row[person]
      const offered = [...panel.matchAll(/data-do="([^"]+)"/g)].map(([, act]) => act)
      assert.deepEqual([part(panel, /<h2>([\s\S]*?)<\/h2>/), ...offered], expected, person)
      assert.equal(/INC-4211/.test(markup), person === 'another' || isAwaited(state, person), `${person}: personal values`)
      const beyond = [...markup.replace(panel, '').matchAll(/data-do="([^"]+)"/g)].map(([, act]) => act)
      assert.deepEqual(beyond, person === 'another' || isAwaited(state, person) ? [] : ['sign-in'], person)
    }
  })
}

test('refused and not yet checked: nobody is shown anything of the proposal, or offered anything', async () => {
  for (const [state, heading] of [
    ['refused', 'This request was not accepted'],
    ['checking', 'This request is still being checked'],
  ] as const)
    for (const person of PEOPLE) {
      const markup = await markupOf(state, person)
      assert.equal(part(markup, /<h1[^>]*>([\s\S]*?)<\/h1>/), heading)
      assert.doesNotMatch(markup, /data-do=|INC-4211|payments-api/)
    }
})

test('somebody without an active key is led to registering one', async () => {
  const { ctx } = pages.world()
  const status = (to: 'active' | 'suspended') =>
    ctx.db.updateTable('passkey').set({ status: to }).where('person', '=', 'bo').execute()
  await status('suspended')
  try {
    const markup = await markupOf('waits for approval', 'undecided')
    assert.match(words(markup), /You have no key yet ?Register your security key first/)
    assert.doesNotMatch(markup, /data-do="(?:approve|deny)"/)
    assert.match(markup, /href="\/enrol"/)
  } finally {
    await status('active')
  }
})

/** Every state, and of each person those whose page differs from others'. */
const LOOKED_AT: { readonly [P in Person]: readonly StateName[] } = {
  requester: STATES,
  undecided: STATES,
  decided: ['one of two', 'approved', 'in use', 'denied'],
  administrator: ['in use'],
  ineligible: ['waits for approval', 'in use'],
  another: ['waits for approval', 'in use'],
}
for (const person of PEOPLE) {
  test(`in Chromium, light, dark and 320 px wide, axe finds nothing in any state (${person})`, async (t) => {
    const tab = await pages.open(t, 'about:blank', { colorScheme: 'light', reducedMotion: 'no-preference' })
    if (!tab) return
    const { page, context, trouble } = tab
    const [name = '', value = ''] = rey.split('=')
    if (person === 'another') await context.addCookies([{ name, value, url: ORIGIN }])
    for (const state of LOOKED_AT[person]) {
      await page.setViewportSize({ width: 1280, height: 900 })
      await page.goto(pathOf(state, person))
      await page.locator('body[data-alive]').waitFor()
      assert.deepEqual(await axeOf(page), [], `${state}, light`)
      await photograph(page, `${state}-${person}-light`)
      await page.emulateMedia({ colorScheme: 'dark' })
      // The same document in other colours.
      assert.deepEqual(await axeOf(page, 'color-contrast'), [], `${state}, dark`)
      await photograph(page, `${state}-${person}-dark`)
      await page.emulateMedia({ colorScheme: 'light' })
      await page.setViewportSize({ width: 320, height: 900 })
      assert.ok(
        (await page.evaluate<number>('document.documentElement.scrollWidth')) <= 320,
        `${state} scrolls sideways at 320 px`,
      )
      await photograph(page, `${state}-${person}-320`)
    }
    assert.deepEqual(trouble, [])
  })
}
