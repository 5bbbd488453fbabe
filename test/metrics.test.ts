// The token reaches both processes of `start` and opens the metrics of each; to anybody else they are closed, and the token stands in no output.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AUTHORIZED, METRICS_TOKEN, readScrape } from './support/metrics.ts'
import { newPremises, startProduct } from './support/product.ts'

test('both processes show their metrics to whoever has the token, and to nobody else', async (t) => {
  const premises = await newPremises(t)
  const product = await startProduct(premises, { METRICS_TOKEN, LOG_LEVEL: 'trace' })
  for (const name of ['bot', 'issuer'] as const) {
    assert.equal((await fetch(`${premises[name]}/metrics`)).status, 401)
    const answer = await fetch(`${premises[name]}/metrics`, { headers: AUTHORIZED })
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    const told = readScrape(await answer.text())
    assert.equal(told.value('countersign_build_info', { process: name }), 1)
    assert.ok((told.value('countersign_database_connections', { state: 'idle' }) ?? 0) >= 0)
  }
  assert.equal(await product.stop(), 0)
  assert.ok(!(product.out() + product.err()).includes(METRICS_TOKEN))
})
