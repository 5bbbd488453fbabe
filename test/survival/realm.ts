// A deployment as an operator would make it for many people: keys, roots, a directory with people in lanes (who asks, two who approve), a runbook and a channel
// for each lane, everybody enrolled through the real chain. The people's keys stay with the people: no issuer has them.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { newId } from '../../src/crypto.ts'
import { connect } from '../../src/db/connect.ts'
import type { TrustRoots } from '../../src/domain/directory.ts'
import type { HeadStore } from '../../src/domain/heads.ts'
import { loadOrCreateKeys } from '../../src/issuer/keys.ts'
import { openIssuer } from '../../src/issuer/open-issuer.ts'
import { writeTrustRoots } from '../../src/issuer/trust-roots.ts'
import { enrolPeople } from '../../src/sandbox/enrol-people.ts'
import { type KeyRing, makeRoot, openKeyRing } from '../../src/sandbox/key-ring.ts'
import { TARGET_AUDIENCE } from '../../src/sandbox/main.ts'
import { sandboxWorld, TEAM_ID } from '../../src/sandbox/world.ts'

const ENROLLED_AT_ONCE = 16
const ROLES = ['asker', 'ana', 'bo'] as const

export type Member = {
  readonly person: string
  readonly slackId: string
  readonly key: string
  readonly passkey: string
  readonly address: string
}
export type Lane = { readonly number: number; readonly channel: string } & Readonly<Record<(typeof ROLES)[number], Member>>
/** Where a token is used, and where its target takes word of early ends. */
export type TargetUrls = { readonly target: string; readonly revocations: string }
export type Realm = {
  readonly roots: TrustRoots
  readonly ring: KeyRing
  readonly lanes: readonly Lane[]
  readonly files: { readonly keysDir: string; readonly trustRoots: string; readonly runbooksDir: string }
}

const personOf = (role: string, lane: number): string => `${role}-${lane}`
const slackIdOf = (role: string, lane: number): string => `U0${role.toUpperCase()}${String(lane).padStart(3, '0')}`
const channelOf = (lane: number): string => `C0LANE${String(lane).padStart(3, '0')}`

/** What the simulated workspace needs to know of these people. */
export function workspaceOf(lanes: number, app: NonNullable<Parameters<typeof sandboxWorld>[0]>) {
  const { people, channels, ...world } = sandboxWorld(app)
  const numbers = Array.from({ length: lanes }, (_, number) => number)
  return {
    ...world,
    people: [
      ...people,
      ...numbers.flatMap((number) =>
        ROLES.map((role) => ({
          slackId: slackIdOf(role, number),
          handle: personOf(role, number),
          name: personOf(role, number),
          title: role,
          avatarColour: '#3659b8',
        })),
      ),
    ],
    channels: [
      ...channels,
      ...numbers.map((number) => ({
        id: channelOf(number),
        name: `lane-${number}`,
        topic: '',
        members: [...ROLES.map((role) => personOf(role, number)), 'countersign'],
      })),
    ],
  }
}

/** Makes the realm in a folder and enrols everybody; `heads` is the store that the issuers will use, closed by the caller. */
export async function makeRealm(
  dir: string,
  options: {
    readonly lanes: number
    readonly issuerUrl: string
    readonly target: TargetUrls
    readonly databaseUrl: string
    readonly heads: (keysDir: string, realm: string) => Promise<HeadStore>
  },
): Promise<Realm> {
  const { lanes, issuerUrl, target, databaseUrl } = options
  const files = { keysDir: join(dir, 'keys'), trustRoots: join(dir, 'trust-roots.json'), runbooksDir: join(dir, 'runbooks') }
  writeRunbooks(files.runbooksDir, lanes, target)
  const realm = `sandbox:${newId()}`
  const keys = await loadOrCreateKeys({ dir: files.keysDir, realm, create: true })
  const ring = openKeyRing({ rpId: 'localhost', origin: issuerUrl })
  const roots: TrustRoots = {
    v: 1,
    realm,
    era: 1,
    issuer: issuerUrl,
    rp_id: 'localhost',
    pinned_at: Math.floor(Date.now() / 1000),
    roots: [makeRoot(ring, realm, 'mira')],
    log_key: keys.logKey,
  }
  await writeTrustRoots(files.trustRoots, roots)
  const log = pino({ level: 'silent' })
  const db = connect(databaseUrl, { applicationName: 'enrolment', max: 4, log })
  const heads = await options.heads(files.keysDir, realm)
  const { ctx } = await openIssuer({
    db,
    now: () => new Date(),
    log,
    keys,
    roots,
    heads,
    origin: issuerUrl,
    rpId: 'localhost',
    runbooksDir: files.runbooksDir,
    ownNames: ['bot'],
  })
  const numbers = Array.from({ length: lanes }, (_, number) => number)
  const people = numbers.flatMap((number) => ROLES.map((role) => personOf(role, number)))
  for (let at = 0; at < people.length; at += ENROLLED_AT_ONCE)
    await enrolPeople(ctx, ring, people.slice(0, at + ENROLLED_AT_ONCE))
  const { passkeys } = await ctx.chain()
  await db.destroy()
  const member = (role: string, number: number): Member => {
    const person = personOf(role, number)
    const [key = ''] = ring.idsOf(person)
    const passkey = [...passkeys.values()].find((known) => known.passkey.id === key)?.passkey.thumbprint ?? ''
    return {
      person,
      slackId: slackIdOf(role, number),
      key,
      passkey,
      address: `10.${ROLES.indexOf(role as 'asker')}.0.${number + 1}`,
    }
  }
  return {
    roots,
    ring,
    files,
    lanes: numbers.map((number) => ({
      number,
      channel: channelOf(number),
      asker: member('asker', number),
      ana: member('ana', number),
      bo: member('bo', number),
    })),
  }
}

function writeRunbooks(dir: string, lanes: number, urls: TargetUrls): void {
  mkdirSync(dir, { recursive: true })
  const numbers = Array.from({ length: lanes }, (_, number) => number)
  const people = ['  mira: { name: Mira, slack: [] }']
  const groups: string[] = []
  for (const number of numbers) {
    for (const role of ROLES)
      people.push(
        `  ${personOf(role, number)}: { name: ${personOf(role, number)}, slack: [${TEAM_ID}/${slackIdOf(role, number)}] }`,
      )
    groups.push(`  ask-${number}: [asker-${number}]`, `  own-${number}: [ana-${number}, bo-${number}]`)
    writeFileSync(join(dir, `lane-${number}.md`), runbook(number))
  }
  const directory = ['people:', ...people, 'groups:', ...groups, 'administrators: [mira]', 'auditors: []', '']
  writeFileSync(join(dir, 'directory.yaml'), directory.join('\n'))
  // One target under two names: what it is told of early ends, and what it never hears of.
  const place = `audience: "${TARGET_AUDIENCE}", url: "${urls.target}"`
  const target = (name: string, settings: string) => `${name}:\n  kind: jwt\n  settings: { ${settings} }\n`
  const listening = `${place}, revocations: "${urls.revocations}"`
  writeFileSync(join(dir, 'targets.yaml'), target('deaf', place) + target('listening', listening))
}

const action = (name: string, title: string, target: string, count: number, lane: number): string => `  ${name}:
    title: ${title}
    kind: jwt
    target: ${target}
    grants:
      scope: ["service:restart"]
      resource: { service: "{service}" }
      use: { method: POST, path: [services, "{service}", restart] }
    parameters:
      service:
        type: enum
        label: Service
        values: [payments-api, ledger-api]
    lease: { default: 30s, maximum: 15m }
    freshness: 15m
    ask: [ask-${lane}]
    approve:
      - { group: own-${lane}, count: ${count} }
`

const runbook = (lane: number): string => `---
channel: ${channelOf(lane)}

actions:
${[
  action('restart', 'Restart a service', 'deaf', 1, lane),
  action('recallable', 'Restart a service that can be told', 'listening', 1, lane),
  action('pair', 'Restart a service, agreed by two', 'listening', 2, lane),
].join('')}---
# Restart a service

For the lane ${lane} of a test: one asks, one or two agree.
`
