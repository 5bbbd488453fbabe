// What a bootstrap is about to do, judged before anything listens or is made: whose keys become roots, of which new realm, into which files. Everything
// that stands in the way is told at once. Hostile: whoever would start a running deployment over with roots of his own; so existing roots or
// keys are never written over, whatever the database says, and roots of the next era come only where nobody serves (DESIGN section 4).

import { access, constants, readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { type BootstrapConfig, misfitsOfRealm, readBootstrap, readIssuer } from '../config.ts'
import { credentialKinds } from '../credentials/index.ts'
import { newId } from '../crypto.ts'
import type { RuleSet } from '../domain/action.ts'
import type { TrustRoots } from '../domain/directory.ts'
import { type NeededKeys, neededKeys } from '../passkeys/needed-keys.ts'
import { StartRefused } from '../run.ts'
import { loadRuleSet } from '../runbooks/load.ts'
import { printProblems } from '../runbooks/print-problems.ts'
import { openTo } from './key-file.ts'
import { planNewRoots } from './new-roots-plan.ts'

const MOST_ROOTS = 3
const USAGE = 'say `countersign bootstrap [--person ID …] [--new-realm prod|sandbox | --new-roots]`'

export type Named = { readonly id: string; readonly name: string }
export type BootstrapPlan = BootstrapConfig & {
  readonly realm: string
  readonly rpId: string
  /** One to three administrators of the directory. */
  readonly people: readonly Named[]
  /** The roots that are replaced; undefined for a new realm. */
  readonly before: TrustRoots | undefined
  /** Lets issuers start again. */
  readonly release: () => void
  /** Which keys somebody of the directory needs. */
  readonly needed: (person: string) => NeededKeys
}

/** The plan, or StartRefused with everything that is in its way. */
export async function planBootstrap(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<BootstrapPlan> {
  const { persons, kind } = readArgs(args)
  const isNew = kind !== undefined
  const issuer = isNew ? undefined : readIssuer(env)
  const configured = issuer ?? readBootstrap(env)
  if (!configured.ok) throw new StartRefused(configured.problems)
  const { config } = configured
  const replaced = issuer?.ok ? await planNewRoots(issuer.config, pino({ level: 'silent' })) : undefined
  const release = replaced?.release ?? (() => undefined)
  const realm = isNew ? `${kind}:${newId()}` : (replaced?.before?.realm ?? '')
  const loaded = await loadRuleSet(config.runbooksDir, credentialKinds)
  const chosen = loaded.ok ? choosePeople(loaded.ruleSet, persons) : { people: [], problems: [] }
  const problems = [
    ...(replaced ? replaced.problems : [...misfitsOfRealm(config, { realm }), ...(await filesInTheWay(config, realm))]),
    ...(loaded.ok ? [] : [`the runbooks have mistakes:\n${printProblems(loaded.files, loaded.problems, false)}`]),
    ...chosen.problems,
  ]
  if (problems.length > 0 || !loaded.ok) {
    release()
    throw new StartRefused(problems)
  }
  const { ruleSet, attestation } = loaded
  const needed = (person: string) => neededKeys(ruleSet, attestation, person)
  const { people } = chosen
  return { ...config, realm, rpId: new URL(config.issuerUrl).hostname, people, before: replaced?.before, release, needed }
}

/** `kind` is that of the new realm; undefined when the realm stays and gets new roots. */
function readArgs(args: readonly string[]): {
  readonly persons: readonly string[]
  readonly kind: 'prod' | 'sandbox' | undefined
} {
  const options = {
    person: { type: 'string', multiple: true },
    'new-realm': { type: 'string' },
    'new-roots': { type: 'boolean' },
  } as const
  let values: { readonly person?: string[]; readonly 'new-realm'?: string; readonly 'new-roots'?: boolean }
  try {
    values = parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new StartRefused([`${error instanceof Error ? error.message : String(error)}; ${USAGE}`])
  }
  const { person = [], 'new-realm': named, 'new-roots': keepsRealm = false } = values
  if (keepsRealm && named !== undefined)
    throw new StartRefused([`--new-roots keeps the realm, and --new-realm makes another: choose one; ${USAGE}`])
  if (keepsRealm) return { persons: person, kind: undefined }
  const kind = named ?? 'prod'
  if (kind !== 'prod' && kind !== 'sandbox') throw new StartRefused([`--new-realm is neither prod nor sandbox: ${kind}`])
  return { persons: person, kind }
}

/** Those who were named, or all administrators; each must be an administrator, because roots are what enrols everybody else. */
function choosePeople(
  { people, administrators }: RuleSet,
  named: readonly string[],
): { readonly people: readonly Named[]; readonly problems: readonly string[] } {
  const ids = named.length > 0 ? named : administrators
  const problems = ids.flatMap((id, index) => {
    if (ids.indexOf(id) < index) return [`--person ${id} is named twice`]
    if (!people.some((person) => person.id === id)) return [`--person ${id} is not one of \`people\` in directory.yaml`]
    return administrators.includes(id) ? [] : [`--person ${id} is not one of \`administrators\` in directory.yaml`]
  })
  if (ids.length === 0) problems.push('directory.yaml lists no administrators: put the first one there')
  if (ids.length > MOST_ROOTS)
    problems.push(`at most ${MOST_ROOTS} people can be roots: name them with --person; they enrol the others afterwards`)
  return { people: people.filter(({ id }) => ids.includes(id)).map(({ id, name }) => ({ id, name })), problems }
}

async function filesInTheWay({ trustRoots, keysDir }: BootstrapConfig, realm: string): Promise<readonly string[]> {
  const problems: string[] = []
  if (await can(trustRoots, constants.F_OK))
    problems.push(
      `${trustRoots} exists: the roots of a deployment are written once. If they were lost or stolen, say --new-roots; move the file away only to start over with a new realm.`,
    )
  else if (!(await can(dirname(trustRoots), constants.W_OK)))
    problems.push(`${dirname(trustRoots)} cannot be written to (TRUST_ROOTS)`)
  const kept = await readdir(keysDir).catch(() => undefined)
  if (kept === undefined) {
    if (!(await can(dirname(keysDir), constants.W_OK))) problems.push(`${dirname(keysDir)} cannot be written to (KEYS_DIR)`)
  } else {
    if (kept.length > 0)
      problems.push(
        `${keysDir} is not empty: a new realm has new keys. Move the old ones away only to start over, or name another KEYS_DIR.`,
      )
    const open = realm.startsWith('prod:') ? await openTo(keysDir) : undefined
    if (open !== undefined) problems.push(open)
  }
  return problems
}

const can = (path: string, how: number): Promise<boolean> =>
  access(path, how).then(
    () => true,
    () => false,
  )
