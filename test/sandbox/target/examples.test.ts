// Every example runbook does at the target what it says: the line that the page shows, run in a shell with a token for exactly what the action
// grants, has its effect; and a token for another example's action has none.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import { credentialKinds } from '../../../src/credentials/index.ts'
import { ACTION_DETAIL } from '../../../src/credentials/jwt.ts'
import { CREDENTIAL_PLACE } from '../../../src/credentials/kind.ts'
import { actionName } from '../../../src/domain/action.ts'
import { fitParameters } from '../../../src/domain/parameters.ts'
import { loadRuleSet } from '../../../src/runbooks/load.ts'
import { openRight, resolveRight } from '../../../src/runbooks/resolve.ts'
import { TARGET_AUDIENCE } from '../../../src/sandbox/main.ts'
import type { Overview } from '../../../src/sandbox/target/plant.ts'
import { target } from '../../../src/sandbox/target/routes.ts'
import { issuerOfTest } from './issuer-of-test.ts'

const shell = promisify(execFile)
const loaded = await loadRuleSet(fileURLToPath(new URL('../../../runbooks', import.meta.url)), credentialKinds)
assert.ok(loaded.ok)
const { ruleSet } = loaded

/** What a responder would type, and what must then stand at the top of the target's page and in the answer. */
const USES: Readonly<Record<string, { readonly given: Record<string, string>; readonly what: string; readonly answer: RegExp }>> =
  {
    'customer.read-record': { given: { customer: 'c-1042' }, what: 'Read customer c-1042', answer: /"name":"Ines Duarte"/ },
    'kubernetes.namespace-admin': {
      given: { namespace: 'payments' },
      what: 'List pods of payments',
      answer: /"settlement-worker-0","state":"crash looping"/,
    },
    'llm-gateway.rotate-key': {
      given: { key: 'product-search' },
      what: 'Rotate gateway key product-search',
      answer: /"version":13/,
    },
    'service.restart': { given: { service: 'payments-api' }, what: 'Restart payments-api', answer: /"restarts":1/ },
    'sql.read': {
      given: { query: 'failed-payments' },
      what: 'Run failed-payments on the payments replica',
      answer: /"failure":"connection reset","payments":4/,
    },
    'vector-db.drop-collection': {
      given: { collection: 'product-search-v1' },
      what: 'Drop collection product-search-v1',
      answer: /"dropped_vectors":1204556/,
    },
  }

/** The right of an action with values in it, as a claim opens it; personal ones too, since their commitments are opened by then. */
function rightOf(name: string, given: Readonly<Record<string, string>>) {
  const action = ruleSet.offers.map((offer) => offer.action).find((each) => actionName(each) === name)
  const there = ruleSet.targets.find((each) => each.name === action?.credential.target)
  assert.ok(action && there)
  const fits = fitParameters(action, given)
  assert.ok(fits.ok, JSON.stringify(fits))
  const plain = { ...action, parameters: action.parameters.map((parameter) => ({ ...parameter, personal: false })) }
  const opened = openRight(resolveRight(plain, there, fits.values), new Map())
  assert.ok(opened.ok)
  const kind = credentialKinds.get(opened.right.kind)
  assert.ok(kind)
  assert.equal(kind.misfit(opened.right), undefined)
  const { scope, resource } = opened.right.grants as { scope: string[]; resource: Record<string, string> }
  const claims = {
    scope: scope.join(' '),
    authorization_details: [{ type: ACTION_DETAIL, request: 'r-1', resource }],
  }
  return { command: kind.howTo(opened.right).command ?? '', claims }
}

test('every example is used here', () => {
  assert.deepEqual(
    Object.keys(USES),
    ruleSet.offers.map(({ action }) => actionName(action)),
  )
})

for (const [name, { given, what, answer }] of Object.entries(USES)) {
  test(`${name}: its line does what was approved, and with another example's token nothing`, async (t) => {
    const issuer = await issuerOfTest(t, TARGET_AUDIENCE)
    const app = Fastify()
    await app.register(target, { issuerUrl: issuer.url, resource: TARGET_AUDIENCE })
    t.after(() => app.close())
    const place = await app.listen({ host: '127.0.0.1', port: 0 })
    const { command, claims } = rightOf(name, given)
    const run = async (token: string) => {
      const line = command.replace('http://localhost:3002', place).replace(CREDENTIAL_PLACE, token)
      assert.ok(line.includes(place), command)
      return (await shell('sh', ['-c', line])).stdout
    }
    const last = async () => (JSON.parse((await app.inject({ url: '/target/state' })).body) as Overview).uses[0]

    const [other, { given: othersGiven }] = Object.entries(USES).find(([each]) => each !== name) ?? assert.fail()
    const foreign = await issuer.token({ claims: rightOf(other, othersGiven).claims })
    assert.match(await run(foreign), /"error":"insufficient_scope"/)
    assert.deepEqual([(await last())?.what, (await last())?.outcome], [what, 'refused'])

    assert.match(await run(await issuer.token({ claims })), answer)
    assert.deepEqual([(await last())?.what, (await last())?.outcome], [what, 'done'])
  })
}
