// Answers to what somebody did, at the address that Slack gave along with it: five times within half an hour, where only they see it.

/**
 * Whether an address is one of those at which Slack takes answers. With a stolen signing secret, or with the database login and a row of our own tables,
 * anybody could else have us post to whatever this process reaches.
 */
export const isAnsweredAt = (answersAt: readonly string[], url: string): boolean =>
  URL.canParse(url) && answersAt.includes(new URL(url).origin)

/** Sends an answer to the response URL that came with what it answers, when there is one. */
export async function answerLate(body: Record<string, unknown>, answer: unknown): Promise<void> {
  const { response_url: url } = body
  if (answer === undefined || answer === '' || typeof url !== 'string') return
  const message = typeof answer === 'string' ? { text: answer } : answer
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, ...(message as object) }),
    redirect: 'error',
    signal: AbortSignal.timeout(5000),
  })
  if (!response.ok) throw new Error(`a response URL answered ${response.status}`)
}
