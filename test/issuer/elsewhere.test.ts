// The way out of a browser that cannot sign: who is offered it, and that the code leads where the link leads.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import decodeQr from 'qr/decode.js'
import { isInsideApp } from '../../src/issuer/browser-kind.ts'
import { qrPath } from '../../src/issuer/pages/elsewhere.ts'

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'
const INSIDE = [
  `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${WEBKIT} Mobile/15E148`,
  `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${WEBKIT} Mobile/15E148 [FBAN/FBIOS;FBAV/480.0]`,
  'Mozilla/5.0 (Linux; Android 15; Pixel 9; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36 Instagram 340.0',
  `Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) ${WEBKIT} Mobile/15E148 Slack_iOS/25.10`,
  `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${WEBKIT} GSA/340.0 Mobile/15E148 Safari/604.1`,
]
const FIT = [
  '',
  'curl/8.9.1',
  `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${WEBKIT} Version/18.1 Mobile/15E148 Safari/604.1`,
  `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${WEBKIT} CriOS/140.0 Mobile/15E148 Safari/604.1`,
  `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/18.1 Safari/605.1.15`,
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0',
]

test('a browser inside another app is known by what it says of itself; a person’s own browser is left alone', () => {
  for (const agent of INSIDE) assert.equal(isInsideApp(agent), true, agent)
  for (const agent of FIT) assert.equal(isInsideApp(agent), false, agent)
  assert.equal(isInsideApp(`(iPhone ${'('.repeat(50_000)}`), false, 'and a long one takes no time')
})

test('the code that is drawn reads as the link, whatever its length', () => {
  for (const link of [
    'http://localhost:3001/r/0123456789abcdefghjkmnpqrs',
    `https://${'sign.'.repeat(20)}example.com/r/0123456789abcdefghjkmnpqrs`,
  ])
    assert.equal(read(qrPath(link)), link)
})

/** Draws the path, as a browser does, eight dots to a square, and reads what was drawn. */
function read(path: string): string {
  const runs = [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)].map(([, x, y, width, back]) => {
    assert.equal(width, back)
    return { x: Number(x), y: Number(y), width: Number(width) }
  })
  assert.equal(runs.map(({ x, y, width }) => `M${x} ${y}h${width}v1h-${width}z`).join(''), path)
  const size = Math.max(...runs.map(({ y }) => y)) + 3
  const dots = size * 8
  const data = new Uint8Array(dots * dots * 4).fill(255)
  for (const { x, y, width } of runs)
    for (let row = y * 8; row < (y + 1) * 8; row += 1)
      for (let column = x * 8; column < (x + width) * 8; column += 1)
        data.fill(0, (row * dots + column) * 4, (row * dots + column) * 4 + 3)
  return decodeQr({ width: dots, height: dots, data })
}
