// What authors write: the front matter of a runbook, `directory.yaml` and `targets.yaml`, closed. Names here are for hands and eyes;
// check-action.ts and check-directory.ts turn them into the formats of domain/action.ts. A message says what a value must be and reads after "it"; a
// description is what editors show, through the JSON Schemas that json-schema.ts makes of this.

import { z } from 'zod'
import { NAME, PERSON } from '../domain/ids.ts'
import { findUnseen } from '../domain/visible.ts'

const DURATION = /^([1-9][0-9]{0,5})([smhd])$/
const UNITS: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600, d: 86_400 }
const VARIABLE = /^[a-z][a-z0-9_]{0,62}$/

/** Seconds of `90s`, `15m`, `8h` or `1d`. */
export function secondsOf(duration: string): number | undefined {
  const [, count, unit] = DURATION.exec(duration) ?? []
  return count && unit ? Number(count) * (UNITS[unit] ?? 0) : undefined
}

const span = (least: string, most: string) => {
  const message = `must be a time from ${least} to ${most} with a unit, like 15m or 1h`
  return z
    .string('must be a time with a unit, like 15m or 1h')
    .regex(DURATION, message)
    .transform((written, context) => {
      const seconds = secondsOf(written)
      if (seconds !== undefined && seconds >= (secondsOf(least) ?? 0) && seconds <= (secondsOf(most) ?? 0)) return seconds
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    })
}

const name = z.string().regex(NAME, 'must be small letters, digits and dashes, beginning with a letter')
const person = z.string().regex(PERSON, 'must be small letters, digits, dots, dashes and underlines, beginning with a letter')
const variable = z.string().regex(VARIABLE, 'must be small letters, digits and underlines, beginning with a letter')
const line = (most: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(most, `must be at most ${most} characters long`)
    .regex(/^[^\p{Cc}]*$/u, 'must be one line')
    .refine((text) => text.trim() === text, 'must not begin or end with a space')
/** A line in which no space is wider or narrower than it looks. */
const plain = (most: number) =>
  line(most).refine((text) => findUnseen(text) === undefined, 'must hold only plain spaces and characters that show')
const slackChannel = z
  .string('must be a channel; `#` begins a comment in YAML, so write it in quotes: "#incidents"')
  .regex(/^#?[A-Za-z0-9_-]{1,80}$/, 'must be the name or the id of a Slack channel')
const number = z.int('must be a whole number')

const described = {
  label: line(75).describe('What stands above the field.'),
  help: line(500).optional().describe('What stands below the field: what to write, and what not.'),
  personal: z
    .boolean('must be true or false')
    .optional()
    .describe('Keeps the value out of Slack, signatures and log; they hold a salted commitment.'),
}
const parameter = z.discriminatedUnion('type', [
  z.strictObject({
    ...described,
    type: z.literal('string'),
    pattern: line(500).describe('A regular expression that the whole value matches. One that can run away is refused.'),
    max_length: number.min(1, 'must be at least 1').max(2000, 'must be at most 2000').optional().describe('200 if not given.'),
  }),
  z.strictObject({
    ...described,
    type: z.literal('enum'),
    values: z.array(plain(75)).min(1, 'must have values').max(100, 'must have at most 100 values'),
  }),
  z.strictObject({ ...described, type: z.literal('integer'), minimum: number, maximum: number }),
  z.strictObject({ ...described, type: z.literal('boolean') }),
])
export type WrittenParameter = z.infer<typeof parameter>

export const writtenAction = z.strictObject({
  title: line(200).describe('What people see that they ask for, sign and get.'),
  kind: name.describe('Which kind of credential is issued.'),
  target: name.describe('Where it works: a name in targets.yaml.'),
  // Read by templates.ts, which can say for each text in it what is wrong there.
  grants: z.record(variable, z.unknown()).describe('What it allows there. "{name}" stands for a parameter.'),
  parameters: z.record(variable, parameter).optional().describe('What is asked for. Each must stand somewhere in `grants`.'),
  lease: z
    .strictObject({ default: span('30s', '1d'), maximum: span('30s', '1d') })
    .describe('How long it lasts, from the moment in which it is fetched: from 30s to 1d.'),
  freshness: span('1m', '1d')
    .optional()
    .describe('How old the own confirmation may be at the claim, from 1m to 1d; 15m if not given.'),
  ask: z
    .array(name)
    .min(1, 'must name a group: an empty list means nobody')
    .max(20, 'must name at most 20 groups')
    .describe('Groups of directory.yaml whose members may ask.'),
  approve: z
    .array(z.strictObject({ group: name, count: number.min(1, 'must be at least 1').max(8, 'must be at most 8').optional() }))
    .min(1, 'must have a rule: nothing is granted without an approval')
    .max(8, 'must have at most 8 rules')
    .describe('All of these must hold. Each place needs a person and a key of its own, never those of the one who asks.'),
})

export const frontMatter = z.strictObject({
  channel: slackChannel.describe('Where requests are told. In quotes: `#` begins a comment.'),
  // Each is read by itself: a mistake in one must not hide those in another.
  actions: z.record(name, z.unknown()).refine((all) => Object.keys(all).length > 0, 'must offer an action'),
})

const tier = z.enum(['any', 'device_bound', 'hardware'], 'must be any, device_bound or hardware')
const hours = (least: number, most: number) => number.min(least, `must be at least ${least}`).max(most, `must be at most ${most}`)

export const directory = z.strictObject({
  people: z
    .record(
      person,
      z.strictObject({
        name: plain(200),
        slack: z
          .array(
            z
              .string()
              .regex(
                /^[TE][A-Z0-9]{2,20}\/[UW][A-Z0-9]{2,20}$/,
                'must be TEAM/USER by their Slack ids, like T024BE7LD/U012AB3CD',
              ),
          )
          .max(8, 'must list at most 8 accounts')
          .optional()
          .describe('The Slack accounts of this one human.'),
        oidc: z
          .string()
          .max(255, 'must be at most 255 characters long')
          .regex(/^[!-~]+$/, 'must be what the provider says of this person: letters, digits and signs, without spaces')
          .optional()
          .describe('Who this human is at your OpenID provider, by the claim of OIDC_SUBJECT_CLAIM (docs/oidc.md).'),
      }),
    )
    .describe('By ids that never change and are never given to somebody else.'),
  groups: z.record(name, z.array(person)).describe('Who may ask and approve. A group that is empty or missing is nobody.'),
  administrators: z
    .array(person)
    .max(200, 'must list at most 200 people')
    .describe('Who may use the power to enrol keys that the signed passkey directory gives.'),
  auditors: z.array(person).max(500, 'must list at most 500 people').describe('Who may read the whole log.'),
  keys: z
    .strictObject({
      accept: z
        .strictObject({ requesters: tier.optional(), approvers: tier.optional(), administrators: tier.optional() })
        .optional()
        .describe(
          '`any` key; `device_bound`: one that never leaves its device; `hardware`: of those, a model of attestation.yaml. Requesters: any; others: device_bound.',
        ),
      approver_keys: hours(1, 5).optional().describe('How many keys an approver must have; 2 if not given.'),
      cool_down_hours: hours(0, 72)
        .optional()
        .describe('How long a key waits before it approves, from when it came to serve an approver; 24 if not given.'),
      gained_hours: hours(0, 168)
        .optional()
        .describe(
          'How long nobody approves by what is new in the rules (a member, a new action, one that does something else), unless two administrators sign; 24 if not given. Fewer hours count only when those of before are over.',
        ),
    })
    .optional()
    .describe('What security keys must be. None of the waiting applies in the week after bootstrap.'),
  security_channel: slackChannel
    .optional()
    .describe('The Slack channel that is told of every change of keys, roles and rules. Without one only administrators are.'),
})
export type WrittenDirectory = z.infer<typeof directory>

export const targets = z.record(
  name,
  z.strictObject({ kind: name, settings: z.record(variable, z.string('must be a text; put it in quotes')) }),
)
