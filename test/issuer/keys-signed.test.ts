// What is signed on the pages of keys beside keys and roles, in Chromium: rules that name new people, a provider that may vouch, and an own key that was held.
// Each is one touch, over exactly what the page shows, and a reload shows the same. The world is a week old, since rules that name people wait from then on.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page, Request } from 'playwright-core'
import { changeDirectory, prepareChange } from '../../src/commands/change-directory.ts'
import { findPending } from '../../src/commands/pending-change.ts'
import { digestOf } from '../../src/crypto.ts'
import { findHeld } from '../../src/db/holds.ts'
import { isEndorsed, takesProvider } from '../../src/evidence/chain-state.ts'
import { keyWords } from '../../src/issuer/key-words.ts'
import { openProviderRounds, redirectUriOf } from '../../src/issuer/oidc/open-provider-rounds.ts'
import { type Desk, desksOf, status } from '../support/desks.ts'
import { editDirectory, keysOf, registeredKey } from '../support/directory-world.ts'
import { openDoors } from '../support/issuer-app.ts'
import { axeOf, look, openPages, photograph, plugIn } from '../support/issuer-pages.ts'
import { ownKeys } from '../support/own-keys.ts'
import { CLIENT, openRealProvider } from '../support/real-provider.ts'
import { signChange } from '../support/sign-change.ts'
import { later, ORIGIN, openWorld, type World } from '../support/world.ts'

const EIGHT_DAYS_MS = 8 * 24 * 3_600_000
let provider = ''
let further: Awaited<ReturnType<typeof enrolFurther>>

const pages = openPages({}, async (hooks) => {
  const real = await openRealProvider(hooks, redirectUriOf(ORIGIN))
  provider = real.issuer
  const fresh = await openWorld(hooks, undefined, (dir) =>
    editDirectory(dir, (text) =>
      text
        .replace('administrators: [mira]', 'administrators: [mira, ana, theo]')
        .replace('\ngroups:', '  nia: { name: Nia Solberg, oidc: u-nia }\n  kim: { name: Kim Novak, slack: [] }\n\ngroups:'),
    ),
  )
  const issuer = await fresh.reopen({ now: later(fresh.ctx, EIGHT_DAYS_MS).now })
  const world = { ...fresh, issuer, ctx: issuer.ctx }
  const clientSecret = { value: CLIENT.secret }
  const config = { issuer: real.issuer, clientId: CLIENT.id, clientSecret, acrValues: [], subjectClaim: 'sub' }
  further = await enrolFurther(world)
  return openDoors(hooks, { rounds: await openProviderRounds(world.ctx, config, world.keys) }, world)
})

/** One more key of Bo's and some of Kim's, which two administrators let in before any of them sits at a browser. */
async function enrolFurther(world: World) {
  const { thumbprint } = await registeredKey(world, 'bo')
  const registrations: string[] = [thumbprint]
  for (let n = 0; n < 5; n += 1) registrations.push((await registeredKey(world, 'kim')).thumbprint)
  const prepared = await prepareChange(world.ctx, { operation: 'enrol', registrations })
  assert.ok(prepared.ok)
  const { change, digest } = prepared
  for (const person of ['mira', 'ana']) {
    const signed = await changeDirectory(world.ctx, { ...(await signChange(world, person, digest)), change })
    assert.ok(signed.ok && signed.waits === (person === 'mira'), JSON.stringify(signed))
  }
  return { thumbprint, sequence: (await world.ctx.chain()).sequence }
}

type Posted = { readonly statement: Record<string, unknown>; readonly change?: Record<string, unknown> }
const opened = (text: unknown) => Buffer.from(String(text), 'base64url')
function postedIn(request: Request): Posted {
  const { statement, change } = request.postDataJSON() as Record<string, string>
  const said = JSON.parse(opened(statement).toString('utf8')) as Record<string, unknown>
  if (change === undefined) return { statement: said }
  assert.equal(said['change'], digestOf('directory', opened(change)), 'the key signed for the bytes that were posted')
  return { statement: said, change: JSON.parse(opened(change).toString('utf8')) as Record<string, unknown> }
}

/** Presses one button; answers what was signed by it, which is one statement by one touch. */
async function tap({ page, touched }: Desk, within: string, name: string): Promise<Posted> {
  const before = touched()
  const posted: Posted[] = []
  const listen = (request: Request): void => {
    if (/\/v1\/(?:changes|statements)$/.test(request.url())) posted.push(postedIn(request))
  }
  page.on('request', listen)
  await page
    .locator(within)
    .getByRole('button', { name: `${name} with security key` })
    .click()
  await page.locator('body:not([data-busy])').waitFor()
  page.off('request', listen)
  assert.equal(await page.locator('#alert').textContent(), '', name)
  assert.deepEqual([posted.length, touched() - before], [1, 1], `${name}: one statement, one touch`)
  return posted[0] as Posted
}
/** What a change does, beside its place. */
const body = ({ change = {} }: Posted) => {
  const { v: _v, realm: _realm, sequence: _sequence, previous: _previous, ...rest } = change
  return rest
}
const linesOf = ({ page }: Desk) => page.locator('#pending .does > li').allInnerTexts()
/** A reload shows what the page shows already. */
async function staysSo({ page }: Desk): Promise<void> {
  const before = await page.locator('#keys').innerText()
  await page.reload()
  assert.equal(await page.locator('#keys').innerText(), before)
}
/** Makes a key in somebody's name and proves it, at `/enrol`. */
async function proves(page: Page, person: string): Promise<void> {
  await page.getByLabel('Who are you?').selectOption(person)
  await page.getByLabel('A name for this key').fill('blue key')
  await page.getByRole('button', { name: 'Register with security key' }).click()
  await page.getByRole('button', { name: 'Show that you hold it with security key' }).click()
  await page.getByRole('heading', { name: 'Now compare these words' }).waitFor()
}
const chain = () => pages.world().ctx.chain()
const published = () => pages.world().ctx.published()

test('what takes two administrators beside keys and roles, and a held key', async (t) => {
  if (!(await pages.open(t, 'about:blank'))) return
  const deskOf = desksOf(pages, t)

  await t.test(
    'rules that name new people: the page tells whom and from when, two sign for these very rules, and nobody waits',
    async () => {
      const { runbooksDir, issuer } = pages.world()
      editDirectory(runbooksDir, (text) => text.replace('service-owners: [ana, bo]', 'service-owners: [ana, bo, theo]'))
      await issuer.reload()
      const mira = await deskOf('mira')
      const gained = mira.page.locator('#endorse')
      const told = await gained.locator('.does > li').allInnerTexts()
      assert.equal(told.length, 1)
      assert.match(told[0] ?? '', /^Theo Brandt in service-owners: may approve from .* UTC$/)
      assert.ok((await gained.innerText()).includes(published().digest))
      const buttons = await mira.page.getByRole('button').allInnerTexts()
      assert.equal(new Set(buttons).size, buttons.length, `each button has a name of its own: ${buttons}`)
      await look(mira.page, 'keys endorse')
      const first = await tap(mira, '#endorse', 'Sign for these rules as the first of two')
      await status(mira.page, 'second administrator')
      const rules = published().digest
      assert.deepEqual(body(first), { operation: 'endorse', rule_set: rules })
      assert.deepEqual(await linesOf(mira), [
        'Let everybody approve at once whom the rules in force newly name',
        ...told.map((line) => `Waits now: ${line}`),
      ])
      assert.equal(isEndorsed(await chain(), rules), false)
      await staysSo(mira)
      await look(mira.page, 'keys endorse waits')

      const theo = await deskOf('theo')
      assert.deepEqual(await linesOf(theo), await linesOf(mira))
      const second = await tap(theo, '#pending', 'Sign as the second')
      await status(theo.page, 'Signed by two')
      assert.deepEqual(second.change, first.change)
      assert.equal(isEndorsed(await chain(), rules), true)
      assert.equal(await theo.page.locator('#pending, #endorse').count(), 0)
      await staysSo(theo)
    },
  )

  await t.test(
    'rules that were changed again after the first of two had signed are said to be no longer in force, and are withdrawn',
    async () => {
      const { runbooksDir, issuer, ctx } = pages.world()
      const edit = async (from: string, to: string) => {
        editDirectory(runbooksDir, (text) => text.replace(from, to))
        await issuer.reload()
      }
      await edit('data-owners: [ana, bo]', 'data-owners: [ana, bo, theo]')
      const mira = await deskOf('mira')
      await tap(mira, '#endorse', 'Sign for these rules as the first of two')
      const older = published().digest
      await edit('on-call: [rey, ana]', 'on-call: [rey, ana, theo]')
      const ana = await deskOf('ana')
      assert.deepEqual(await linesOf(ana), [
        `Let everybody approve at once whom the rules ${older}, which are no longer in force, newly name`,
      ])
      assert.equal(await ana.page.locator('#pending').getByRole('button', { name: /^Sign/ }).count(), 0)
      await look(ana.page, 'keys endorse older')
      await ana.page.getByRole('button', { name: 'Withdraw this change' }).click()
      await status(ana.page, 'Withdrawn')
      assert.equal(await findPending(ctx), undefined)
      assert.equal(isEndorsed(await chain(), older), false)
      // Who waits is told anew: nobody has signed for the rules of now.
      assert.equal(await ana.page.locator('#endorse').count(), 1)
      await staysSo(ana)
    },
  )

  await t.test('a provider is admitted by two, after which it is offered to who only asks, and withdrawn by two', async () => {
    const nia = await pages.open(t, '/enrol')
    assert.ok(nia)
    await plugIn(nia.page, pages.world())
    const is = { issuer: provider, client_id: CLIENT.id }
    const lines = {
      grant: `Let a sign-in at ${provider} (client ${CLIENT.id}) enrol the first key of people who only ask`,
      withdraw: `No longer let sign-ins at ${provider} (client ${CLIENT.id}) enrol keys`,
    }
    for (const effect of ['grant', 'withdraw'] as const) {
      const mira = await deskOf('mira')
      await mira.page.locator('#admitted').getByText(`You sign for ${provider}, client ${CLIENT.id}.`).waitFor()
      const first = await tap(
        mira,
        '#admitted',
        `${effect === 'grant' ? 'Allow' : 'Stop'} these sign-ins: sign as the first of two`,
      )
      assert.deepEqual(body(first), { operation: 'provider', ...is, effect })
      assert.deepEqual(await linesOf(mira), [lines[effect]])
      await staysSo(mira)
      const ana = await deskOf('ana')
      await look(ana.page, `keys provider ${effect}`)
      assert.deepEqual((await tap(ana, '#pending', 'Sign as the second')).change, first.change)
      await status(ana.page, 'Signed by two')
      assert.equal(takesProvider(await chain(), provider, CLIENT.id), effect === 'grant')
      await staysSo(ana)
      if (effect === 'grant') await proves(nia.page, 'nia')
      else await nia.page.reload()
      assert.equal(await nia.page.getByRole('button', { name: 'Sign in with 127.0.0.1' }).isVisible(), effect === 'grant')
    }
  })

  await t.test(
    'a provider that waits while another change goes past it is signed anew, as the same change at a later place',
    async () => {
      const mira = await deskOf('mira')
      const first = await tap(mira, '#admitted', 'Allow these sign-ins: sign as the first of two')
      const ana = await deskOf('ana')
      await ana.page.locator('#keys li').filter({ hasText: 'Rey Okafor' }).getByRole('checkbox').check()
      const [rey = ''] = await keysOf(pages.world(), 'rey')
      assert.deepEqual(body(await tap(ana, '#change', 'Sign the change')), { operation: 'suspend', passkeys: [rey] })
      await ana.page.locator('#pending').getByText('Has to be signed anew').waitFor()
      await staysSo(ana)
      const anew = await tap(ana, '#pending', 'Sign it anew')
      assert.deepEqual(body(anew), body(first))
      assert.equal(Number(anew.change?.['sequence']), Number(first.change?.['sequence']) + 1)
      await status(ana.page, 'second administrator')
      assert.equal(takesProvider(await chain(), provider, CLIENT.id), false)
      assert.deepEqual((await findPending(pages.world().ctx))?.signers, ['ana'])
      await staysSo(ana)
    },
  )

  await t.test('a long list is narrowed to what is looked for, and what is ticked always shows', async () => {
    const { page } = await deskOf('theo')
    const rows = page.locator('#keys [data-filtered] + .keys > li')
    const all = await rows.count()
    assert.ok(all > 8, String(all))
    const seen = async () => (await rows.locator('visible=true').locator('strong').allInnerTexts()).toSorted()
    await page.getByLabel('Show only').fill('kim')
    assert.deepEqual(await seen(), Array(5).fill('Kim Novak'))
    await page.getByText(`5 of ${all} keys`).waitFor()
    await rows.locator('visible=true').first().getByRole('checkbox').check()
    await page.getByLabel('Show only').fill('MIRA')
    assert.deepEqual(await seen(), ['Kim Novak', 'Mira Castellanos'])
    await page.emulateMedia({ forcedColors: 'active' })
    assert.deepEqual(await axeOf(page), [])
    await photograph(page, 'keys narrowed forced')
    await page.emulateMedia({ forcedColors: null })
  })

  await t.test(
    'a held key is released by another key of the same person, and an own key is suspended, each by one touch',
    async () => {
      const world = pages.world()
      const { ctx } = world
      const { thumbprint, sequence } = further
      assert.equal(await ownKeys(world).notMe('bo', { sequence }), 'done')

      const bo = await deskOf('bo')
      const held = bo.page.locator('#held')
      assert.deepEqual(await held.locator('.words li').allTextContents(), keyWords(thumbprint))
      await look(bo.page, 'keys held')
      const { statement } = await tap(bo, '#held', 'It is mine: release this key')
      assert.deepEqual([statement['kind'], statement['role'], statement['passkey']], ['lift', 'owner', thumbprint])
      await status(bo.page, 'Released')
      assert.equal(await held.count(), 0)
      assert.equal((await findHeld(ctx.db)).has(thumbprint), false)
      await staysSo(bo)

      await bo.page.locator('#keys li').filter({ hasText: 'second key' }).getByRole('checkbox').check()
      const stopped = await tap(bo, '#own', 'Take the ticked keys out of use')
      assert.deepEqual(body(stopped), { operation: 'suspend', passkeys: [thumbprint] })
      assert.equal(stopped.statement['role'], 'owner')
      assert.equal((await chain()).passkeys.get(thumbprint)?.status, 'suspended')
      await bo.page.locator('#keys li.suspended').filter({ hasText: 'second key' }).waitFor()
      await staysSo(bo)
      await look(bo.page, 'keys own suspended')
    },
  )

  await t.test(
    'a spared key signs its owner in and a change for others; he reads that it is in doubt, and another administrator is told to suspend it and does',
    async () => {
      const world = pages.world()
      const { sequence } = further
      const [passkey = ''] = await keysOf(world, 'ana')
      await deskOf('ana')
      assert.equal(await ownKeys(world).notMe('mira', { sequence }), 'done')
      assert.equal(await ownKeys(world).notMe('ana', { sequence }), 'administrator_needed')
      const ana = await deskOf('ana')
      await ana.page.getByRole('button', { name: 'Sign in with security key' }).click()
      const own = ana.page.locator('#keys .keys > li').first()
      assert.match(
        await own.innerText(),
        /In doubt · .*For now it signs changes of the directory, ends of access and sign-ins, and nothing else/s,
      )
      assert.equal(await own.getByRole('checkbox').count(), 0, 'it signs nothing about itself')
      assert.equal(await ana.page.locator('#own, #register').count(), 0)
      const toDo = await ana.page.locator('#spared').innerText()
      assert.match(toDo, /said in your name .* by another way than Slack: Theo Brandt\. One of them suspends/s)
      await look(ana.page, 'keys spared')

      const theo = await deskOf('theo')
      const row = theo.page.locator('#keys li').filter({ hasText: 'In doubt' })
      assert.match(await row.innerText(), /^Ana .*Suspend it until you have spoken/s)
      await look(theo.page, 'keys spared seen by another')
      await row.getByRole('checkbox').check()
      assert.deepEqual(body(await tap(theo, '#change', 'Sign the change')), { operation: 'suspend', passkeys: [passkey] })
      await theo.page.locator('#keys li.suspended').filter({ hasText: 'Ana Lindqvist' }).waitFor()
      assert.equal(await row.count(), 0)
    },
  )
})
