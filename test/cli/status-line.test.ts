// One line that tells how things stand, on a terminal and in a log file.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStatusLine, type Screen } from '../../src/cli/status-line.ts'

function written(screen: Omit<Screen, 'write'>): string {
  let text = ''
  const status = openStatusLine({ ...screen, write: (more) => (text += more) })
  status.now('waiting for the code')
  status.now('waiting for the code')
  status.now('waiting for approvals')
  status.note('approved')
  return text
}

test('a terminal has its one line rewritten, and keeps what was noted', () => {
  const clear = '\r\u001b[2K'
  assert.equal(written({ isTTY: true, columns: 80 }), `waiting for the code${clear}waiting for approvals${clear}approved\n`)
})

test('a line that would wrap is cut, because it could not be taken back', () => {
  assert.ok(written({ isTTY: true, columns: 10 }).startsWith('waiting f\r'))
})

test('elsewhere each change is a line of its own, without control characters', () => {
  assert.equal(written({ isTTY: false }), 'waiting for the code\nwaiting for approvals\napproved\n')
})
