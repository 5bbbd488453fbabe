// One fetch from the provider: within five seconds, at most 256 KB, no redirect followed, JSON or nothing. What comes is hostile until its reader has
// judged it. That a provider is silent or odd is expected, and so it is returned; the detail is for the log and never for a page.

const NETWORK_MS = 5_000
const MAX_BYTES = 262_144

export type Fetched =
  | { readonly ok: true; readonly status: number; readonly body: unknown }
  | { readonly ok: false; readonly check: 'silent' | 'unfit'; readonly detail: string }

/** What the provider answers at an address. `patienceMs` covers all of it, the body too. */
export async function fetchJson(url: string, init: RequestInit = {}, patienceMs = NETWORK_MS): Promise<Fetched> {
  try {
    const response = await fetch(url, {
      ...init,
      headers: { accept: 'application/json', ...init.headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(patienceMs),
    })
    const { status } = response
    if (status >= 500 || status === 429) return silent(url, `answered ${status}`, response)
    if (status >= 300 && status < 400)
      return { ...(await silent(url, `answered ${status}, a redirect`, response)), check: 'unfit' }
    const bytes = await readBounded(response)
    if (!bytes) return { ok: false, check: 'unfit', detail: `${url} answered more than ${MAX_BYTES} bytes` }
    return { ok: true, status, body: JSON.parse(bytes.toString('utf8')) }
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, check: 'unfit', detail: `${url} answered no JSON` }
    return { ok: false, check: 'silent', detail: `${url}: ${causeOf(error)}` }
  }
}

async function silent(url: string, what: string, { body }: Response): Promise<Fetched & { ok: false }> {
  await body?.cancel()
  return { ok: false, check: 'silent', detail: `${url} ${what}` }
}

async function readBounded({ body }: Response): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  // Leaving the loop early ends the connection.
  for await (const part of body ?? []) {
    size += part.byteLength
    if (size > MAX_BYTES) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** fetch says only that it failed; why stands in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  return error.cause instanceof Error ? error.cause.message : error.message
}
