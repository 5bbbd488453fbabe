// Writing in a channel: a message, or a slash command when it begins with one. A command's answer in the body is an ephemeral message, or one for all
// with `response_type: in_channel`; when the app fails, the person who typed reads why, as Slack's own bot would say.

import { z } from 'zod'
import { readContent } from '../api/chat.ts'
import { findMessage, postMessage, systemNotice } from '../messages.ts'
import { failureOf, form } from '../transport.ts'
import { issueTrigger } from '../triggers.ts'
import type { ActOutcome } from '../wire.ts'
import type { Channel, Person } from '../workspace.ts'
import { type ActContext, no, trouble } from './act.ts'

const MAX_TEXT = 12_000

/** What a person types and sends. */
export async function say(
  ctx: ActContext,
  person: Person,
  channel: Channel,
  text: string,
  threadTs?: string,
): Promise<ActOutcome> {
  if (channel.archived) return no('This channel is archived.')
  if (text.trim() === '' || text.length > MAX_TEXT) return no(`A message has 1 to ${MAX_TEXT} characters.`)
  if (text.startsWith('/')) return runCommand(ctx, person, channel, text)
  if (threadTs !== undefined && !findMessage(channel, threadTs)) return no('That thread is no longer there.')
  // What people type is text: only the workspace itself writes mentions and links in angle brackets.
  const literal = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const message = postMessage(ctx.workspace, channel, { user: person.slackId, text: literal, threadTs: threadTs ?? null })
  const event = { user: person.slackId, text: literal, ts: message.ts, channel: channel.id, event_ts: message.ts }
  const channel_type = { channel: 'channel', private: 'group', direct: 'im' }[channel.kind]
  void ctx.events.emit({ type: channel.kind === 'direct' ? 'message.im' : 'message', ...event, channel_type })
  return { ok: true }
}

async function runCommand(ctx: ActContext, person: Person, channel: Channel, typed: string): Promise<ActOutcome> {
  const { workspace } = ctx
  const [word = '', ...rest] = typed.trim().split(/\s+/)
  const command = workspace.app.commands.find((each) => each.command === word)
  const notice = (text: string) => {
    systemNotice(workspace, channel, person.slackId, text)
    return { ok: true }
  }
  if (!command) return notice(`\`${word.replaceAll('`', '')}\` is not a command here. This workspace knows: ${names(ctx)}.`)
  const delivered = await ctx.deliver(
    form('command', {
      token: 'deprecated',
      team_id: workspace.team.id,
      team_domain: workspace.team.domain,
      channel_id: channel.id,
      channel_name: channel.kind === 'direct' ? 'directmessage' : channel.name,
      user_id: person.slackId,
      user_name: person.handle,
      command: word,
      text: rest.join(' '),
      api_app_id: workspace.app.id,
      is_enterprise_install: 'false',
      response_url: ctx.responseUrls.issue(person.slackId, channel.id),
      trigger_id: issueTrigger(workspace, person.slackId),
    }),
  )
  const failure = failureOf(delivered)
  if (failure !== undefined) return notice(`${word} failed. ${trouble(workspace, failure)}`)
  if (!delivered.ok || delivered.body.trim() === '') return { ok: true }
  const answer = readAnswer(delivered.body)
  if (!answer) return notice(`${word} failed. ${trouble(workspace, 'invalid_command_response')}`)
  postMessage(workspace, channel, {
    user: workspace.app.userId,
    text: answer.text,
    blocks: answer.blocks,
    ephemeralFor: answer.forAll ? null : person.slackId,
  })
  return { ok: true }
}

const commandAnswer = z.object({
  text: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
  response_type: z.enum(['ephemeral', 'in_channel']).optional(),
})

/** A command's answer: plain text, or JSON with text and blocks. */
function readAnswer(body: string) {
  const json = body.trimStart().startsWith('{')
  const parsed = commandAnswer.safeParse(json ? parseJson(body) : { text: body })
  if (!parsed.success) return undefined
  const content = readContent(parsed.data)
  return content.ok ? { ...content, forAll: parsed.data.response_type === 'in_channel' } : undefined
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function names({ workspace }: ActContext): string {
  return workspace.app.commands.map((each) => `\`${each.command}\``).join(', ') || 'none'
}
