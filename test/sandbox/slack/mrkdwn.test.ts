// The tokenizer of mrkdwn: what an app escaped stays text, and no text becomes more than it says.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDate, type Inline, parseInline, parseMrkdwn } from '../../../src/sandbox/slack/client/mrkdwn.ts'

const text = (value: string): Inline => ({ kind: 'text', text: value })
const escaped = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

test('what was escaped is text: no mention, no link, and it is decoded once', () => {
  assert.deepEqual(parseInline('&lt;!channel&gt;'), [text('<!channel>')])
  assert.deepEqual(parseInline('&lt;@U0REY&gt;'), [text('<@U0REY>')])
  assert.deepEqual(parseInline('&amp;lt;!here&amp;gt;'), [text('&lt;!here&gt;')])
})

test('whatever a person writes, escaped it never mentions, broadcasts or dates', () => {
  const tricky = fc.array(
    fc.constantFrom('<', '>', '!', '@', '#', '|', '^', '&', 'channel', 'U1', 'date', '1', ' ', 'lt;', '{time}'),
    { maxLength: 25 },
  )
  fc.assert(
    fc.property(tricky, (parts) => {
      const kinds = JSON.stringify(parseMrkdwn(escaped(parts.join(''))))
      assert.doesNotMatch(kinds, /"kind":"(?:user|channel|group|broadcast|date)"/)
    }),
  )
})

test('forms in real brackets mention, broadcast and link', () => {
  assert.deepEqual(parseInline('<@U0REY>'), [{ kind: 'user', id: 'U0REY', label: null }])
  assert.deepEqual(parseInline('<#C0X|general>'), [{ kind: 'channel', id: 'C0X', label: 'general' }])
  assert.deepEqual(parseInline('<!here>'), [{ kind: 'broadcast', range: 'here' }])
  assert.deepEqual(parseInline('<!subteam^S0X|@on-call>'), [{ kind: 'group', id: 'S0X', label: '@on-call' }])
  assert.deepEqual(parseInline('<https://a.example/?x=1&amp;y=2|here &amp; there>'), [
    { kind: 'link', url: 'https://a.example/?x=1&y=2', label: 'here & there' },
  ])
})

test('only web and mail addresses link; any other form is shown as it is', () => {
  for (const bad of ['<javascript:alert(1)|x>', '<data:text/html,x>', '<file:///etc/passwd>', '<!everyone2>', '<@rey>', '<>'])
    assert.deepEqual(parseInline(bad), [text(bad)])
  assert.equal(parseInline('<mailto:a@b.example|write>')[0]?.kind, 'link')
})

test('emphasis is tight on both sides and does not reach into words or code', () => {
  assert.deepEqual(
    parseInline('*bold* _it_ ~no~').map((each) => each.kind),
    ['bold', 'text', 'italic', 'text', 'strike'],
  )
  assert.deepEqual(parseInline('2 * 3 * 4'), [text('2 * 3 * 4')])
  assert.deepEqual(parseInline('snake_case_name'), [text('snake_case_name')])
  assert.deepEqual(parseInline('`*a* <@U0REY>`'), [{ kind: 'code', text: '*a* @U0REY' }])
  assert.deepEqual(parseInline('*a _b_*'), [{ kind: 'bold', children: [text('a '), { kind: 'italic', children: [text('b')] }] }])
})

test('bare addresses link without what follows them, and not where it was forbidden', () => {
  assert.deepEqual(parseInline('see https://a.example/b.'), [
    text('see '),
    { kind: 'link', url: 'https://a.example/b', label: 'https://a.example/b' },
    text('.'),
  ])
  assert.deepEqual(parseInline('see https://a.example', false), [text('see https://a.example')])
})

test('lines, quotes and fences', () => {
  assert.deepEqual(
    parseMrkdwn('a\n&gt; b\n```\n*c*\n```\nd').map((line) => line.kind),
    ['line', 'quote', 'preformatted', 'line'],
  )
  assert.deepEqual(parseMrkdwn('```*c* &lt;'), [
    { kind: 'line', children: [text('```'), { kind: 'bold', children: [text('c')] }, text(' <')] },
  ])
})

test('no text is lost: what is shown is what was written, but for what marks it up', () => {
  const words = (nodes: readonly Inline[]): string =>
    nodes
      .map((node) =>
        'text' in node ? node.text : 'children' in node ? words(node.children) : 'label' in node ? (node.label ?? '') : '',
      )
      .join('')
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z<>&.,;!?() -]{0,40}$/), (written) => {
      assert.equal(words(parseInline(escaped(written))), written)
    }),
  )
})

test('a date is shown in its format, near days by name, and by its fallback where the format is unknown', () => {
  const now = new Date(2026, 5, 1, 12, 0)
  const seconds = new Date(2026, 5, 1, 15, 4).getTime() / 1000
  assert.equal(formatDate(seconds, '{date_short_pretty} at {time}', 'soon', now, 'en-GB'), 'today at 15:04')
  assert.equal(formatDate(seconds, '{date_num}', 'soon', now, 'en-CA'), '2026-06-01')
  assert.equal(formatDate(seconds, '{ago}', 'soon', now, 'en'), 'in 3 hours')
  assert.equal(formatDate(seconds, '{stardate}', 'soon', now), 'soon')
  assert.equal(formatDate(1e15, '{time}', 'soon', now), 'soon')
})
