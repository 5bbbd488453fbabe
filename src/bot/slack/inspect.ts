// Whether Slack takes our token, as which app, in which workspace and with which scopes: for `countersign doctor`. A start does not ask, because the console
// works without Slack. What the app needs stands in `slack-manifest.json` alone.

import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { SlackConfig } from '../../config.ts'
import { type Finding, judged } from '../../findings.ts'

const MANIFEST = new URL('../../../slack-manifest.json', import.meta.url)
const ANSWER_MS = 5_000
const Manifest = z.object({ oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }) })
const Answer = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  team: z.string().optional(),
  team_id: z.string().optional(),
})

/** Asks Slack once who we are there. */
export async function inspectSlack(slack: SlackConfig, publicUrl: string): Promise<Finding> {
  const door = `Slack must post to ${publicUrl}/slack/events.`
  let answer: Response
  try {
    answer = await fetch(new URL('auth.test', slack.apiUrl ?? 'https://slack.com/api/'), {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.botToken}` },
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
  } catch {
    const at = slack.apiUrl === undefined ? 'let this machine reach slack.com' : 'correct SLACK_API_URL'
    return { part: 'Slack', problems: [`Slack does not answer: ${at}.`], passes: true }
  }
  const told = Answer.safeParse(await answer.json().catch(() => undefined))
  if (!told.success)
    return {
      part: 'Slack',
      problems: [`Slack’s answer (${answer.status}) cannot be read: look at SLACK_API_URL, or try again.`],
      passes: true,
    }
  const { ok, error, team, team_id: id } = told.data
  if (!ok)
    return {
      part: 'Slack',
      problems: [`SLACK_BOT_TOKEN: Slack refuses it (${error}): copy it again from the app’s page OAuth & Permissions.`],
    }
  const problems: string[] = []
  if (id === undefined || !slack.teamIds.includes(id))
    problems.push(`SLACK_TEAM_IDS does not hold ${id}, the workspace of SLACK_BOT_TOKEN, so nobody there is served: add it.`)
  const given = answer.headers.get('x-oauth-scopes')?.split(/,\s*/)
  const lacking = given ? (await neededScopes()).filter((scope) => !given.includes(scope)) : []
  if (lacking.length > 0)
    problems.push(`The Slack app lacks ${lacking.join(', ')}: add what slack-manifest.json names, and install it again.`)
  return judged('Slack', problems, `The token is of ${team} (${id})${given ? ' and has its scopes' : ''}. ${door}`)
}

async function neededScopes(): Promise<readonly string[]> {
  return Manifest.parse(JSON.parse(await readFile(MANIFEST, 'utf8'))).oauth_config.scopes.bot
}
