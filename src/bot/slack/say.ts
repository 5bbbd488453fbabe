// Answers that one person sees: as the answer to a command, by a response URL, or, when that is spent or there is none, by direct message. Nothing that
// anybody does in Slack stays without one. Failing to say something undoes nothing, so it is logged and not thrown.

import type { WebClient } from '@slack/web-api'
import type { Logger } from 'pino'
import { type Block, clip, escapeText, lines, type Message } from './blocks.ts'
import { answerLate } from './response-url.ts'

const MAX_TEXT = 3000

/** Words as a message: in a block that parses nothing, and escaped where Slack makes a notification of them. */
export function say(words: string, more: readonly Block[] = []): Message {
  const text = clip(words, MAX_TEXT)
  return { text: escapeText(clip(words, 300)), blocks: [lines([[text]]), ...more] }
}

/** A message as the answer to a command. */
export const ephemeral = (message: Message) => ({
  response_type: 'ephemeral' as const,
  replace_original: false,
  text: message.text,
  blocks: [...message.blocks],
})

export async function tellOne(
  { client, log }: { client: WebClient; log: Logger },
  body: Record<string, unknown>,
  user: string,
  message: Message,
): Promise<void> {
  try {
    if (typeof body['response_url'] === 'string') return await answerLate(body, ephemeral(message))
  } catch (error) {
    log.info(
      { error: error instanceof Error ? error.message : 'unknown' },
      'a response URL did not take the answer; it goes by direct message',
    )
  }
  try {
    await client.chat.postMessage({
      channel: user,
      text: message.text,
      blocks: [...message.blocks],
      unfurl_links: false,
      unfurl_media: false,
    })
  } catch (error) {
    log.warn({ user, error: error instanceof Error ? error.message : 'unknown' }, 'somebody could not be answered')
  }
}
