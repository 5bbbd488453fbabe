import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barrierOf } from '../../../src/bot/slack/gate.ts'

const HOME = ['T0HOME']
const CASES: readonly (readonly [string, Parameters<typeof barrierOf>[0], string | undefined])[] = [
  ['a full member of the home workspace', { team_id: 'T0HOME' }, undefined],
  ['somebody deactivated', { team_id: 'T0HOME', deleted: true }, 'deactivated'],
  ['a guest of several channels', { team_id: 'T0HOME', is_restricted: true }, 'guest'],
  ['a guest of one channel', { team_id: 'T0HOME', is_ultra_restricted: true }, 'guest'],
  ['a stranger of a shared channel', { team_id: 'T0HOME', is_stranger: true }, 'external'],
  ['a member of another workspace', { team_id: 'T0OTHER' }, 'external'],
  ['a bot', { team_id: 'T0HOME', is_bot: true }, 'bot'],
  ['a workflow', { team_id: 'T0HOME', is_workflow_bot: true }, 'bot'],
  ['somebody who has only been invited', { team_id: 'T0HOME', is_invited_user: true }, 'invited'],
]

for (const [who, user, barrier] of CASES) {
  test(`${who} is ${barrier === undefined ? 'let in' : `refused as ${barrier}`}`, () => {
    assert.equal(barrierOf(user, HOME), barrier)
  })
}
