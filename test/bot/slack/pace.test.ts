import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api'
import { backOffMs, createPace, readTrouble } from '../../../src/bot/slack/pace.ts'

const platform = (error: string) => readTrouble(new WebAPIPlatformError({ ok: false, error }))

test('each error of Slack leads to what can be done about it', () => {
  assert.deepEqual(readTrouble(new WebAPIRateLimitedError(7)), { is: 'limited', waitMs: 7000 })
  assert.deepEqual(platform('message_not_found'), { is: 'gone', code: 'message_not_found' })
  assert.deepEqual(platform('edit_window_closed').is, 'gone')
  assert.deepEqual(platform('not_in_channel').is, 'in_vain')
  assert.deepEqual(platform('thread_not_found').is, 'in_vain')
  assert.deepEqual(readTrouble(new WebAPIHTTPError(503, 'x', {})), { is: 'passing', code: 'http_503' })
  assert.equal(readTrouble(new WebAPIRequestError(new Error('reset'))).is, 'passing')
})

test('a limit in the body of a good answer counts, with the wait that Slack says or half a minute', () => {
  assert.deepEqual(platform('ratelimited'), { is: 'limited', waitMs: 30_000 })
  const said = new WebAPIPlatformError({ ok: false, error: 'ratelimited', response_metadata: { retryAfter: 9 } })
  assert.deepEqual(readTrouble(said), { is: 'limited', waitMs: 9000 })
})

test('a token that the operator can mend loses no message', () => {
  for (const error of ['invalid_auth', 'token_revoked', 'missing_scope', 'something_new'])
    assert.equal(platform(error).is, 'passing', error)
})

test('waiting doubles, has chance in it, and ends at five minutes', () => {
  assert.deepEqual(
    [1, 2, 3].map((n) => backOffMs(n, 1)),
    [1000, 2000, 4000],
  )
  assert.deepEqual(
    [1, 2, 3].map((n) => backOffMs(n, 0)),
    [500, 1000, 2000],
  )
  assert.equal(backOffMs(1000, 1), 300_000)
})

test('a limit holds one method until its time, and the longer of two', () => {
  const pace = createPace()
  pace.hold('chat.update', 5000)
  pace.hold('chat.update', 4000)
  assert.equal(pace.heldUntil('chat.update', 4999), 5000)
  assert.equal(pace.heldUntil('chat.update', 5000), undefined)
  assert.equal(pace.heldUntil('chat.postMessage', 0), undefined)
})
