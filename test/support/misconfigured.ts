// What a misconfigured start is held to, case by case: one sentence for each problem, all of them at once, the exit code, no stack and no secret. A case
// breaks one thing of a deployment that could start, and the command runs as an operator runs it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type As, type Deployment, type Environment, newDeployment, runToEnd, SECRET } from './deployment.ts'

type Prepared = { readonly environment: Environment; readonly as?: As }
type Case = {
  readonly of: readonly string[]
  /** Breaks something, and gives the environment to start in. */
  readonly prepare: (deployment: Deployment) => Promise<Prepared> | Prepared
  readonly code?: number
  /** One for each line of the error output. */
  readonly says: readonly RegExp[]
  /** What else stands below: the report of mistakes in runbooks. */
  readonly report?: RegExp
}
export type Cases = Readonly<Record<string, Case>>

export const ISSUER = ['issuer']
export const BOT = ['bot']
export const START = ['start']

export const unset = (environment: Environment, ...names: readonly string[]): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)))
export const withIssuer =
  (over: Environment) =>
  ({ issuer }: Deployment): Prepared => ({ environment: { ...issuer, ...over } })
export const withBot =
  (over: Environment) =>
  ({ bot }: Deployment): Prepared => ({ environment: { ...bot, ...over } })
export const broken =
  (how: (dir: string) => void) =>
  ({ dir, issuer }: Deployment): Prepared => {
    how(dir)
    return { environment: issuer }
  }
export const sandbox =
  (how: (dir: string) => Environment) =>
  ({ dir }: Deployment): Prepared => ({ environment: how(dir) })
export const isMissing = (name: RegExp): RegExp => new RegExp(`${name.source} is missing: set it to `)

/** A test for each case. */
export function holdRefused(cases: Cases): void {
  describe('told in sentences and refused:', { concurrency: 2 }, () => {
    for (const [name, { of, prepare, code = 78, says, report }] of Object.entries(cases))
      test(name, async (t) => {
        const deployment = await newDeployment(t)
        const { environment, as } = await prepare(deployment)
        const ended = await runToEnd(of, environment, as ? { as } : {})
        const lines = ended.err.trimEnd().split('\n')
        assert.equal(ended.code, code, ended.err)
        assert.equal(ended.out, '')
        assert.doesNotMatch(ended.err, /^\s+at |node:internal|Error:/m, 'no stack')
        assert.ok(!ended.err.includes(SECRET), 'no secret')
        for (const login of Object.values(environment).filter((value) => value.startsWith('postgres:')))
          assert.ok(!ended.err.includes(new URL(login).password), 'no password')
        const told = lines.filter((line) => line.startsWith('countersign: '))
        for (const [index, line] of says.entries()) assert.match(told[index] ?? '', line, ended.err)
        assert.equal(told.length, says.length, ended.err)
        if (report === undefined) assert.equal(lines.length, says.length, ended.err)
        else assert.match(ended.err, report)
      })
  })
}
