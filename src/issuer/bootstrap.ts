// `countersign bootstrap`, on the issuer's host, before anything else ever runs: one to three administrators register keys on the issuer's own origin,
// the operator compares the words of each with its owner, and only then are keys made and `trust-roots.json` written. Nothing stands on disk
// before the last "yes". The one place where trust begins, so a person decides it, not a browser (DESIGN section 4). With `--new-roots` the realm and the
// issuer's keys stay, and the roots are replaced by those of the next era.

import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { type Passkey, pastRootsPath, type TrustRoots } from '../domain/directory.ts'
import { spelt } from '../domain/visible.ts'
import { buildBootstrapApp } from './bootstrap-app.ts'
import { type BootstrapPlan, type Named, planBootstrap } from './bootstrap-plan.ts'
import { openBootstrapSession } from './bootstrap-session.ts'
import { keyWords } from './key-words.ts'
import { loadOrCreateKeys } from './keys.ts'
import { openQuestions, type Questions } from './questions.ts'
import { replaceTrustRoots, rootsDigest, writeTrustRoots } from './trust-roots.ts'

const LINK_MS = 600_000

export type Io = { readonly input: NodeJS.ReadableStream; readonly output: { readonly write: (text: string) => unknown } }

/** Runs a bootstrap; throws, with nothing written, when it does not come to its end. */
export async function bootstrapRealm(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { input, output }: Io,
  linkMs = LINK_MS,
): Promise<void> {
  const plan = await planBootstrap(args, env)
  try {
    await runCeremony(plan, { input, output }, linkMs)
  } finally {
    plan.release()
  }
}

async function runCeremony(plan: BootstrapPlan, { input, output }: Io, linkMs: number): Promise<void> {
  const session = openBootstrapSession(plan, () => new Date(), new Date(Date.now() + linkMs))
  const app = buildBootstrapApp(plan, session, pino({ name: 'bootstrap', level: plan.logLevel }, process.stderr))
  const questions = openQuestions(input, output)
  const over = new AbortController()
  try {
    await app.listen({ host: plan.host, port: plan.port })
    output.write(
      `${plan.before ? 'New roots of realm' : 'New realm'} ${plan.realm}, served at ${plan.issuerUrl}.\n\nEach link registers one key of its person, once, within ten minutes:\n\n`,
    )
    for (const { person, token } of session.links) output.write(`  ${called(person)}  ${plan.issuerUrl}/bootstrap/${token}\n`)
    const timer = wait(linkMs, undefined, { signal: over.signal }).then(
      () => 'over' as const,
      () => 'over' as const,
    )
    const open = new Map(session.links.map(({ person, taken }) => [person.id, taken.then((root) => ({ person, root }))]))
    const roots: Passkey[] = []
    while (open.size > 0) {
      const came = await Promise.race([...open.values(), timer])
      if (came === 'over') throw new Error('the time ran out before every key was registered; nothing was written')
      open.delete(came.person.id)
      await compareWords(questions, output, came)
      roots.push(came.root)
    }
    await pin(plan, roots, output)
  } finally {
    over.abort()
    questions.close()
    await app.close()
  }
}

/** Has the operator compare the words of a key with its owner; anything but "yes" ends the bootstrap. */
async function compareWords(
  questions: Questions,
  output: Io['output'],
  { person, root }: { readonly person: Named; readonly root: Passkey },
): Promise<void> {
  output.write(
    `\n${called(person)} registered a key${root.device_bound ? '' : ' that can be copied between devices'}. Its words:\n\n`,
  )
  output.write(`  ${keyWords(root.thumbprint).join(' ')}\n\n`)
  const answer = await questions.ask(
    `Compare them with what ${called(person)} sees, by voice or face to face. Type yes if all are the same: `,
  )
  if (answer?.trim() !== 'yes') throw new Error('the words were not confirmed; nothing was written')
}

async function pin(plan: BootstrapPlan, taken: readonly Passkey[], output: Io['output']): Promise<void> {
  const { realm, rpId: rp_id, issuerUrl: issuer, keysDir, trustRoots } = plan
  // The order of the directory, not of who was fastest.
  const roots = plan.people.flatMap(({ id }) => taken.filter(({ person }) => person === id))
  const pinned_at = Math.floor(Date.now() / 1000)
  if (plan.before) return pinAnew(plan, { ...plan.before, era: plan.before.era + 1, pinned_at, roots }, output)
  const keys = await loadOrCreateKeys({ dir: keysDir, realm, create: true })
  const pinned = { v: 1, realm, era: 1, issuer, rp_id, pinned_at, roots, log_key: keys.logKey } as const
  await writeTrustRoots(trustRoots, pinned)
  output.write(`
Written: ${trustRoots} and the issuer’s keys in ${keysDir}.
Digest of the roots: ${rootsDigest(pinned)}

Next:
  1. Keep a copy of both somewhere else, and the digest where others can find it.
  2. Give the bot’s host its own copy of ${trustRoots} (it holds no secret), never the keys.
  3. countersign migrate, then countersign start (or issuer and bot, each on its host).
  4. Everybody else registers at ${issuer}/enrol; the roots enrol them there after comparing words.
`)
}

async function pinAnew({ trustRoots, issuerUrl }: BootstrapPlan, roots: TrustRoots, output: Io['output']): Promise<void> {
  await replaceTrustRoots(trustRoots, roots)
  const past = roots.era - 1
  output.write(`
Written: ${trustRoots}, era ${roots.era}. That of era ${past} is ${pastRootsPath(trustRoots, past)}: what was signed until now verifies with that.
Digest of the roots: ${rootsDigest(roots)}

Next:
  1. Keep a copy of both files somewhere else, and the digest where others can find it.
  2. Give every host of an issuer, and the bot’s, its own copy of ${trustRoots}; issuers also the file of era ${past}.
  3. countersign start (or issuer and bot, each on its host). With that every key of before has lost its power: open requests are void, what lives is
     ended, and everybody is told.
  4. The roots enrol people anew at ${issuerUrl}/enrol, after comparing words. Keys of before wait there; whoever was an administrator registers again.
`)
}

const called = ({ id, name }: Named): string => `${spelt(name)} (${id})`
