// What the bot looks at before it serves: the realm that it puts into what it proposes, its addresses, its database. `countersign doctor` tells the same.
// Of `trust-roots.json` it reads the realm alone; it could not do anything with the rest.

import { readFile } from 'node:fs/promises'
import type { Kysely } from 'kysely'
import { type BotConfig, misfitsOfRealm } from '../config.ts'
import { inspectDatabase } from '../db/inspect-database.ts'
import { BOT_ROLE } from '../db/roles.ts'
import type { Schema } from '../db/schema.ts'
import { type TrustRoots, trustRoots } from '../domain/directory.ts'
import { read } from '../domain/shape.ts'
import { type Finding, judged, tried } from '../findings.ts'
import { StartRefused } from '../run.ts'
import { lookAtYear } from '../surroundings.ts'

/** Everything that must be well before the bot serves, and the roots that were read. */
export async function inspectBot(
  config: BotConfig,
  db: Kysely<Schema>,
  patienceMs?: number,
): Promise<{ readonly findings: readonly Finding[]; readonly roots: TrustRoots | undefined }> {
  const login = { variable: 'DATABASE_URL', url: config.databaseUrl, role: BOT_ROLE }
  const [{ value: roots, finding }, database] = await Promise.all([
    tried(
      'trust roots',
      'TRUST_ROOTS',
      () => readRoots(config.trustRoots),
      ({ realm }) => `They pin the realm ${realm}.`,
    ),
    inspectDatabase(db, login, patienceMs),
  ])
  const addresses = roots ? [judged('addresses', misfitsOfRealm(config, roots), `People come to ${config.publicUrl}.`)] : []
  return { findings: [lookAtYear(new Date()), finding, ...addresses, ...database], roots }
}

async function readRoots(path: string): Promise<TrustRoots> {
  const mend = 'copy it again from the issuer’s host, where `countersign bootstrap` wrote it'
  const refuse = (what: string): never => {
    throw new StartRefused([`${path}: ${what}; ${mend}`])
  }
  const text = await readFile(path, 'utf8').catch(() => refuse('cannot be read'))
  const form = read(trustRoots, parse(text) ?? refuse('is not JSON'))
  return form.ok ? form.value : refuse(`${form.path} ${form.problem}`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
