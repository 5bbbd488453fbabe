// An issuer with a provider, and people at their browsers before both: a key is made and proved at the issuer's doors, cookies are kept as a browser
// keeps them, and whatever the provider sends back is posted as the issuer's own page posts it.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LightMyRequestResponse as Response } from 'fastify'
import { changeDirectory, prepareChange } from '../../src/commands/change-directory.ts'
import { digestOf } from '../../src/crypto.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { openProviderRounds } from '../../src/issuer/oidc/open-provider-rounds.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { userHandle } from '../../src/passkeys/user-handle.ts'
import { create, get } from '../../src/sandbox/authenticator.ts'
import { openDoors } from './issuer-app.ts'
import { CLIENT, openRealProvider, type SignsIn } from './real-provider.ts'
import { signChange } from './sign-change.ts'
import { ORIGIN, openWorld, type World } from './world.ts'

export const RETURN = `${ORIGIN}/oidc/return`
/** People of whom the directory says who they are at the provider; none of them has a key. */
const NEWCOMERS = 'ada ben cai dov eli fay gil nia oto pia quin ras sol tam uma vic wyn'.split(' ')

type After = Parameters<typeof openWorld>[0]

/** A provider, and an issuer's rounds with it. */
export async function openRoundsWith(t: After, { ctx, keys }: Pick<World, 'ctx' | 'keys'>, acrValues: readonly string[] = []) {
  const real = await openRealProvider(t, RETURN)
  const config = {
    issuer: real.issuer,
    clientId: CLIENT.id,
    clientSecret: { value: CLIENT.secret },
    acrValues,
    subjectClaim: 'sub',
  }
  return { real, config, rounds: await openProviderRounds(ctx, config, keys) }
}

type Options = {
  readonly acrValues?: readonly string[]
  readonly admitted?: boolean
  /** What its app has beside, or has not. */
  readonly over?: Parameters<typeof openDoors>[1]
}

/** Opens all of it; the provider is admitted by an administrator's signature unless said otherwise. */
export async function openProviderOffice(t: After, { acrValues, admitted = true, over = {} }: Options = {}) {
  const world = await openWorld(t, undefined, (dir) => {
    const file = join(dir, 'directory.yaml')
    const more = [...NEWCOMERS.map((id) => `  ${id}: { name: ${id}, oidc: u-${id} }`), '  nobody: { name: Nobody }'].join('\n')
    writeFileSync(file, readFileSync(file, 'utf8').replace('people:\n', `people:\n${more}\n`))
  })
  const { ctx } = world
  const { real, config, rounds } = await openRoundsWith(t, world, acrValues)
  const doors = await openDoors(t, { rounds, ...over }, world)
  const office = {
    real,
    world,
    doors,
    rounds,
    /** Has the administrator sign that this provider may vouch, or may no longer. */
    admit: async (effect: 'grant' | 'withdraw' = 'grant') => {
      const { issuer, clientId: client_id } = config
      const prepared = await prepareChange(ctx, { operation: 'provider', issuer, client_id, effect })
      assert.ok(prepared.ok, JSON.stringify(prepared))
      const changed = await changeDirectory(ctx, {
        ...(await signChange(world, 'mira', prepared.digest)),
        change: prepared.change,
      })
      assert.ok(changed.ok, JSON.stringify(changed))
    },
    browser: () => openBrowser(office),
    passkeysOf: async (person: string) =>
      [...(await ctx.chain()).passkeys.values()].filter(({ passkey }) => passkey.person === person),
  }
  if (admitted) await office.admit()
  return office
}

type Parts = Pick<Awaited<ReturnType<typeof openDoors>>, 'post' | 'get'>
function openBrowser({
  doors,
  world,
  real,
}: {
  doors: Parts
  world: Awaited<ReturnType<typeof openWorld>>
  real: { visit: (url: string, person: SignsIn) => Promise<URL> }
}) {
  const jar = new Map<string, string>()
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const keep = (response: Response): Response => {
    for (const { name, value } of response.cookies) {
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }
  const post = async (url: string, body: unknown) => keep(await doors.post(url, body, { cookie: cookie() }))
  const begin = async (): Promise<string> => {
    const answered = await post('/v1/provider/rounds', {})
    assert.equal(answered.statusCode, 200, answered.body)
    return answered.json<{ location: string }>().location
  }
  const bring = (back: URL, bent: Record<string, string | undefined> = {}) => {
    const said = { code: back.searchParams.get('code'), state: back.searchParams.get('state'), iss: back.searchParams.get('iss') }
    const all = Object.entries({ ...said, error: back.searchParams.get('error'), ...bent })
    return post('/v1/provider/answers', Object.fromEntries(all.filter(([, value]) => value !== null && value !== undefined)))
  }
  return {
    jar,
    post,
    page: async (path: string) => keep(await doors.get(path, { cookie: cookie() })),
    /** Makes a key for a person of the directory, and proves it; the answer of the last door. */
    register: (person: string, copies = false) => register({ ctx: world.ctx, post }, person, copies),
    begin,
    /** Posts what the provider sent back, with whatever is bent. */
    bring,
    /** A whole sign-in. */
    signIn: async (as: SignsIn): Promise<Response> => bring(await real.visit(await begin(), as)),
  }
}

async function register(
  { ctx, post }: { ctx: Awaited<ReturnType<typeof openWorld>>['ctx']; post: (url: string, body: unknown) => Promise<Response> },
  person: string,
  /** Whether the key may be copied between devices. */
  copies: boolean,
): Promise<Response> {
  const site = { rpId: ctx.roots.rp_id, origin: ctx.roots.issuer }
  const nonce = makeNonce(ctx.nonceKey, ctx.now())
  const flags = (honest: number) => (copies ? { flags: honest | 0x08 } : {})
  const made = create({ ...site, challenge: nonce, userHandle: encodeBase64url(userHandle(ctx.realm, person)) }, flags(0x45))
  const registered = await post('/v1/registrations', { person, nickname: 'blue key', nonce, attestation: made.response })
  const { id, key, thumbprint, nonce: next } = registered.json<{ id: string; key: object; thumbprint: string; nonce: string }>()
  const signer = { person, passkey: thumbprint }
  const bytes = canonicalBytes({
    v: 1,
    realm: ctx.realm,
    kind: 'register',
    role: 'owner',
    decision: 'register',
    nonce: next,
    signer,
    id,
    key: { ...key },
  })
  const { response } = get(made.passkey, { ...site, challenge: digestOf('statement/register', bytes) }, flags(0x05))
  return post('/v1/statements', { statement: encodeBase64url(bytes), response })
}
