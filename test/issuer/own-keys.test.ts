// What the page of keys says to somebody who has too few of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tooFew } from '../../src/issuer/pages/own-keys.ts'

const said = (...of: Parameters<typeof tooFew>): string | undefined => tooFew(...of)?.text.replaceAll(/<[^>]*>/g, '')

test('an approver reads how many keys he has and how many of them may approve; who only asks is told of a single one', () => {
  assert.equal(said(1, undefined)?.startsWith('You have one key. If you lose it'), true)
  assert.equal(said(2, undefined), undefined)
  assert.equal(said(0, { needed: 2, serving: 0 }), undefined)
  assert.equal(said(1, { needed: 2, serving: 1 }), 'You have 1 key, and approvers need 2 here. Add another one now.')
  assert.equal(
    said(2, { needed: 2, serving: 1 }),
    'You have 2 keys, of which 1 may approve, and approvers need 2 here. Add another one now, or ask administrators to compare the words of the one that waits.',
  )
  assert.equal(said(2, { needed: 2, serving: 2 }), undefined)
})
