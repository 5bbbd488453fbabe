// Every no that Slack can show, in every form in which Slack takes one, leads on to the console, which works without Slack.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { composeView } from '../../../src/bot/slack/compose.ts'
import { type Barrier, barrierWords } from '../../../src/bot/slack/gate.ts'
import { explainView } from '../../../src/bot/slack/handle-objection.ts'
import { findMessageLimits, findViewLimits } from '../../../src/bot/slack/limits.ts'
import { createNo, type No } from '../../../src/bot/slack/say-no.ts'
import { refuseUnstorable } from '../../../src/bot/slack/unstorable.ts'
import { refusalWords } from '../../../src/domain/words.ts'
import { SAMPLES } from '../../support/refusals.ts'

const CONSOLE = 'https://countersign-bot.example.com'
const NO = createNo(CONSOLE)
const FORMS: { readonly [F in keyof No]: (words: string) => unknown } = {
  message: (words) => NO.message(words),
  view: (words) => NO.view('Not possible', words),
  home: (words) => NO.home(words),
  text: (words) => NO.text(words),
}
const BARRIERS: { readonly [B in Barrier]: true } = {
  not_published: true,
  unknown: true,
  foreign_workspace: true,
  guest: true,
  external: true,
  bot: true,
  deactivated: true,
  invited: true,
  slack_silent: true,
}
const WORDS: readonly (readonly [string, string])[] = [
  ...Object.values(SAMPLES).map((refusal) => [refusal.reason, refusalWords(refusal)] as const),
  ...Object.keys(BARRIERS).map((barrier) => [barrier, barrierWords(barrier as Barrier)] as const),
]

for (const [form, said] of Object.entries(FORMS))
  describe(`a no as ${form} says why and links to the console`, () => {
    for (const [reason, words] of WORDS)
      test(reason, () => {
        const shown = JSON.stringify(said(words))
        assert.ok(shown.includes(JSON.stringify(words).slice(1, -1)), shown)
        assert.ok(shown.includes(form === 'text' ? CONSOLE : `"type":"link","url":"${CONSOLE}"`), shown)
      })
  })

test('Slack takes each form', () => {
  for (const [, words] of WORDS) {
    assert.deepEqual(findMessageLimits(NO.message(words)), [])
    assert.deepEqual(findViewLimits(NO.view('Not possible', words)), [])
    assert.deepEqual(findViewLimits(NO.home(words)), [])
  }
})

test('a form in which problems stand beside the fields links to the console as well', () => {
  for (const view of [composeView([], { id: '01h455vb4pex5vsknk084sn02q' }, CONSOLE), explainView(crypto.randomUUID(), CONSOLE)])
    assert.ok(JSON.stringify(view).includes(`"type":"link","url":"${CONSOLE}"`))
})

test('what cannot be kept is refused in words with the link, by command and by form', () => {
  const form = { view: { state: { values: { reason: { value: { type: 'plain_text_input', value: 'a\0b' } }, lease: {} } } } }
  const refused = refuseUnstorable('submission', form, NO) as { errors: Record<string, string> }
  assert.deepEqual(Object.keys(refused.errors), ['reason'])
  assert.match(refused.errors['reason'] ?? '', new RegExp(CONSOLE))
  assert.match(JSON.stringify(refuseUnstorable('command', { text: '\0' }, NO)), new RegExp(CONSOLE))
  const elsewhere = refuseUnstorable('submission', { view: { private_metadata: '\ud800', state: { values: {} } } }, NO)
  assert.match(JSON.stringify(elsewhere), /"response_action":"update".*countersign-bot/)
})

test('no handler says the words of a refusal in any other way', () => {
  const folder = new URL('../../../src/bot/slack/', import.meta.url)
  const lines = readdirSync(folder)
    .filter((file) => file.startsWith('handle-') || file === 'open-form.ts' || file === 'receiver.ts')
    .flatMap((file) => readFileSync(new URL(file, folder), 'utf8').split('\n'))
    .filter((line) => /refusalWords\(|admitted\.words|came\.words|problemWords\(/.test(line))
  assert.ok(lines.length > 10, 'the handlers are not where this test looks')
  const allowed =
    /no\.(message|view|home|text)\(|const (words|problemWords) =|errors: \{|return answer\(|says: |say\(came\.words, why\)|\? formOf|if \(!came/
  assert.deepEqual(
    lines.filter((line) => !allowed.test(line)),
    [],
  )
})
