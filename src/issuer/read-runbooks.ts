// The issuer's runbooks, read at its start and again on SIGHUP. What this file alone holds: a folder with mistakes publishes nothing and takes nothing
// out of force, its author is told every file and line, and no target bears a name of ours. Reloads run one after the other, so that the newest
// reading is the one that stays. DESIGN section 1 (7).

import type { Logger } from 'pino'
import type { IssuerContext, Published } from '../commands/context.ts'
import { publishRuleSet } from '../commands/publish-rule-set.ts'
import { credentialKinds } from '../credentials/index.ts'
import type { RuleSet } from '../domain/action.ts'
import type { AttestationList } from '../domain/attestation.ts'
import type { Kinds } from '../runbooks/kinds.ts'
import { loadRuleSet } from '../runbooks/load.ts'
import { printProblems } from '../runbooks/print-problems.ts'
import type { Problem } from '../runbooks/problem.ts'
import { findModelProblems } from './key-models.ts'

/** The runbooks cannot be used; `told` is what the author of them should read, `problems` the same for a log. */
export class RunbooksRefused extends Error {
  readonly told: string
  readonly problems: readonly Problem[]
  constructor(dir: string, files: readonly string[], problems: readonly Problem[]) {
    super(`the runbooks in ${dir} have mistakes; nothing of them is published`)
    this.told = printProblems(files, problems, false)
    this.problems = problems
  }
}

export type ReadRunbooks = { readonly ruleSet: RuleSet; readonly attestation: AttestationList }

/** Checks a folder. `ours` are the names by which Countersign itself is known. */
export async function readRunbooks(dir: string, ours: readonly string[]): Promise<ReadRunbooks> {
  const loaded = await loadRuleSet(dir, kindsForOthers(ours))
  if (!loaded.ok) throw new RunbooksRefused(dir, loaded.files, loaded.problems)
  return loaded
}

const NO_SECURITY_CHANNEL =
  'directory.yaml names no security_channel, so changes of keys, roles and rules are told to administrators alone: name a channel that others read, too'

/** Checks and publishes a folder; what operators must hear of it goes to the log. */
export const publishRunbooks = async (
  dir: string,
  ours: readonly string[],
  base: Omit<IssuerContext, 'published' | 'attestation'>,
): Promise<{ readonly published: Published; readonly attestation: AttestationList }> => {
  const { ruleSet, attestation } = await readRunbooks(dir, ours)
  const published = await publishRuleSet(base, ruleSet)
  if (ruleSet.security_channel === undefined) base.log.warn(NO_SECURITY_CHANNEL)
  for (const problem of await findModelProblems(base.db, attestation, base.now())) base.log.warn({ alarm: 'key_models' }, problem)
  return { published, attestation }
}

/** The kinds of credential, for targets that are not us: a credential for ourselves would turn one grant into every grant. */
function kindsForOthers(ours: readonly string[]): Kinds {
  const isOurs = (audience: string) => ours.some((own) => audience === own || audience.startsWith(`${own}/`))
  return new Map(
    [...credentialKinds].map(([name, { settings, grants, audiences }]) => {
      const ofOthers = settings.superRefine((written, context) => {
        const clash = audiences(written as Parameters<typeof audiences>[0]).find(isOurs)
        if (clash === undefined) return
        const message = `must not name ${clash}, which is Countersign itself: choose the target's own audience`
        context.addIssue({ code: 'custom', message })
      })
      return [name, { settings: ofOthers, grants }]
    }),
  )
}

/** What SIGHUP does: reads again after whatever reading still runs, and tells the log what came of it. Never rejects. */
export function reloader(reload: () => Promise<Published>, log: Logger): () => Promise<void> {
  let last = Promise.resolve()
  return () => {
    last = last.then(reload).then(
      ({ digest }) => log.info({ rule_set: digest }, 'the runbooks were read again'),
      (error: unknown) => tellRefusal(error, log),
    )
    return last
  }
}

function tellRefusal(error: unknown, log: Logger): void {
  const found = error instanceof RunbooksRefused ? error.problems : undefined
  const problems = found?.map(({ file, line, column, what, mend }) => `${file}:${line}:${column} ${what} → ${mend}`)
  log.error(problems ? { problems } : { err: error }, 'the runbooks were not read again; what is in force stays')
}
