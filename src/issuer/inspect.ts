// What the issuer looks at before it serves, each part as soon as those it rests on are known: roots first, because only they say of which realm
// everything else must be. The start goes on with what was read here; `countersign doctor` tells it.

import type { Kysely } from 'kysely'
import { laterEra } from '../commands/open-era.ts'
import { type IssuerConfig, misfitsOfRealm } from '../config.ts'
import { inspectDatabase } from '../db/inspect-database.ts'
import { ISSUER_ROLE } from '../db/roles.ts'
import type { Schema } from '../db/schema.ts'
import { findWatermark } from '../db/watermark.ts'
import type { TrustRoots } from '../domain/directory.ts'
import { judgeHeads } from '../evidence/outside-heads.ts'
import { type Finding, judged, tried } from '../findings.ts'
import { StartRefused } from '../run.ts'
import { lookAtYear } from '../surroundings.ts'
import { administratorsWords } from './administrators-hint.ts'
import { openChain } from './chain.ts'
import { readHeads } from './head-store.ts'
import { readSharedHeads } from './head-store-shared.ts'
import { openToWriters } from './key-file.ts'
import { findModelProblems } from './key-models.ts'
import { type IssuerKeys, loadOrCreateKeys } from './keys.ts'
import { readClientSecret } from './oidc/client-secret.ts'
import { redirectUriOf } from './oidc/open-provider-rounds.ts'
import { RunbooksRefused, readRunbooks } from './read-runbooks.ts'
import { readTrustRoots, rootsMisfits } from './trust-roots.ts'

export type IssuerInspection = {
  readonly findings: readonly Finding[]
  readonly roots: TrustRoots | undefined
  readonly keys: IssuerKeys | undefined
}

/** Everything that must be well before the issuer serves; what is wrong with the runbooks is looked at only beside other trouble, or by their publication. */
export async function inspectIssuer(config: IssuerConfig, db: Kysely<Schema>, patienceMs?: number): Promise<IssuerInspection> {
  const [files, database] = await Promise.all([inspectFiles(config), inspectDatabase(db, loginOf(config), patienceMs)])
  const findings = [lookAtYear(new Date()), ...files.findings, ...(await inspectProvider(config)), ...database]
  const isWell = findings.every(({ problems }) => problems.length === 0)
  return { ...files, findings: isWell ? findings : [...findings, await inspectRunbooks(config)] }
}

/** Whether the database is where the heads outside say that it was; when not, the issuer starts and issues nothing, or without heads does not start. */
export async function inspectHeads(config: IssuerConfig, roots: TrustRoots, db: Kysely<Schema>): Promise<Finding> {
  const { headStoreUrl: url, keysDir } = config
  const judge = async () => {
    // The outside first: every issuer commits to the database before.
    const outside = url === undefined ? await readHeads(`${keysDir}/heads.json`) : await readSharedHeads(url, roots.realm)
    const chain = await openChain(db, roots)
    const { counter = 0, era = 1 } = (await findWatermark(db)) ?? {}
    if (era > roots.era) return 'later_era'
    return outside === undefined && counter > 0 ? 'lost' : judgeHeads(outside, await chain(), counter)
  }
  const { value, finding } = await tried('heads', url === undefined ? 'KEYS_DIR' : 'HEAD_STORE_URL', judge, () => HEADS_EVEN)
  if (value === 'later_era') return judged('heads', [laterEra(roots.era)], '')
  return value === 'behind' || value === 'lost' ? judged('heads', [value === 'lost' ? HEADS_LOST : HEADS_BEHIND], '') : finding
}

/** How many people are administrators by the signed directory, and what that means: a hint, since one is how everybody begins. */
export async function inspectAdministrators(roots: TrustRoots, db: Kysely<Schema>): Promise<Finding> {
  const read = async () => (await openChain(db, roots))()
  const { finding } = await tried('administrators', 'TRUST_ROOTS', read, administratorsWords)
  return finding
}

const HEADS_EVEN = 'The database is where the heads outside say.'
const HEADS_BEHIND =
  'The database is older than what this issuer has already seen, and nothing is issued: restore a newer one, or have an administrator sign the recovery at the issuer’s /keys.'

const HEADS_LOST =
  'The heads outside are gone, though this database was served with some, and the issuer does not start: put heads.json back into KEYS_DIR, or correct HEAD_STORE_URL.'

/** Whether the secret of our client at the provider can be read; the provider itself may be away, and is asked when somebody signs in. */
async function inspectProvider({ provider, issuerUrl }: IssuerConfig): Promise<readonly Finding[]> {
  if (!provider) return []
  const words = () => `Requesters may sign in at ${provider.issuer}, which must send them back to ${redirectUriOf(issuerUrl)}.`
  const { finding } = await tried('provider', 'OIDC_CLIENT_SECRET_FILE', () => readClientSecret(provider), words)
  return [finding]
}

/** The names by which Countersign itself is known: no target may bear one. */
export const ownNames = ({ issuerUrl, publicUrl }: IssuerConfig): readonly string[] => [issuerUrl, publicUrl, 'bot']

/** Whether the runbooks could be published. */
export async function inspectRunbooks(config: IssuerConfig): Promise<Finding> {
  const read = () =>
    readRunbooks(config.runbooksDir, ownNames(config)).catch((error: unknown) => {
      throw error instanceof RunbooksRefused ? runbooksRefused(error) : error
    })
  const { finding } = await tried(
    'runbooks',
    'RUNBOOKS_DIR',
    read,
    ({ ruleSet: { offers } }) => `${offers.length} actions can be published.`,
  )
  return finding
}

/** What must be said of the models of keys; nothing while the runbooks cannot be read, which is told by itself. */
export async function inspectKeyModels(config: IssuerConfig, db: Kysely<Schema>): Promise<readonly Finding[]> {
  const { value: read } = await tried('key models', 'RUNBOOKS_DIR', () => readRunbooks(config.runbooksDir, ownNames(config)))
  if (!read) return []
  const { attestation } = read
  const find = () => findModelProblems(db, attestation, new Date())
  const { value: problems, finding } = await tried('key models', 'ISSUER_DATABASE_URL', find)
  return [problems ? judged('key models', problems, `Listed as hardware: ${attestation.models.length}.`) : finding]
}

/** The mistakes of the runbooks for whoever starts the issuer; `after` what names the variable, where nobody else does. */
export const runbooksRefused = ({ message, told }: RunbooksRefused, after = ''): StartRefused =>
  new StartRefused([`${after}${message}\n${told}`])

const loginOf = ({ databaseUrl }: IssuerConfig) => ({ variable: 'ISSUER_DATABASE_URL', url: databaseUrl, role: ISSUER_ROLE })

async function inspectFiles(config: IssuerConfig): Promise<IssuerInspection> {
  const read = async () => {
    const roots = await readTrustRoots(config.trustRoots)
    const open = roots.realm.startsWith('prod:') ? await openToWriters(config.trustRoots) : undefined
    if (open !== undefined) throw new StartRefused([open])
    return roots
  }
  const { value: roots, finding } = await tried('trust roots', 'TRUST_ROOTS', read, ({ realm }) => `They pin the realm ${realm}.`)
  if (roots === undefined) return { findings: [finding], roots, keys: undefined }
  const { realm } = roots
  const addresses = judged('addresses', misfitsOfRealm(config, roots), `People sign at ${config.issuerUrl}.`)
  const load = () => loadOrCreateKeys({ dir: config.keysDir, realm, create: false })
  const { value: keys, finding: found } = await tried('keys', 'KEYS_DIR', load, () => 'They are of this realm.')
  const pinned = keys
    ? [judged('pinned', misfitsOfDeployment(config, roots, keys), 'The roots pin this issuer and its log key.')]
    : []
  return { findings: [finding, addresses, found, ...pinned], roots, keys }
}

function misfitsOfDeployment({ issuerUrl, trustRoots }: IssuerConfig, roots: TrustRoots, keys: IssuerKeys): readonly string[] {
  const deployment = { realm: keys.realm, issuer: issuerUrl, rp_id: new URL(issuerUrl).hostname, log_key: keys.logKey }
  const told = rootsMisfits(roots, deployment)
  return told.length === 0
    ? []
    : [
        `TRUST_ROOTS: ${trustRoots} belongs to another issuer than ISSUER_URL and KEYS_DIR make (${told.join('; ')}): correct these.`,
      ]
}
