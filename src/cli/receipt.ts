// `countersign receipt`: fetches a receipt by the link of its request, from whoever issued it; or, on the issuer's host, makes it out of the database with
// every value opened that is kept. No private key is needed for either. It does not judge what it fetched: `countersign verify` does, by the trust roots.

import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { makeReceipt } from '../commands/make-receipt.ts'
import { connect, type DatabaseLog } from '../db/connect.ts'
import { pastRootsPath, type TrustRoots } from '../domain/directory.ts'
import { ID } from '../domain/ids.ts'
import { spelt } from '../domain/visible.ts'
import { refusalWords } from '../domain/words.ts'
import { readReceiptFile, receiptText } from '../evidence/receipt.ts'
import { StartRefused } from '../run.ts'
import { readArguments } from './arguments.ts'
import { readRootsFile } from './verify.ts'

export const RECEIPT_EXIT = { got: 0, refused: 1, usage: 2, unreachable: 3 } as const
const VIEW = /^[A-Za-z0-9_-]{16,64}$/
const TIMEOUT_MS = 60_000
const MAX_RECEIPT_BYTES = 128 * 1024 * 1024
const MAX_WORDS = 600

export type ReceiptScreen = {
  readonly out: { write: (text: string) => unknown }
  readonly err: { write: (text: string) => unknown }
}
type Environment = Readonly<Record<string, string | undefined>>
type Got = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly code: number; readonly words: string }

/** Runs the command; gives its exit code. */
export async function receiptHere(
  args: readonly string[],
  env: Environment,
  screen: ReceiptScreen,
  log: DatabaseLog,
): Promise<number> {
  const { values, positionals } = readArguments(
    'receipt',
    args,
    { out: { type: 'string' }, request: { type: 'string' }, credential: { type: 'string', default: '1' } },
    1,
    RECEIPT_EXIT.usage,
  )
  const [link] = positionals
  const number = /^[1-9][0-9]{0,3}$/.test(values.credential)
    ? Number(values.credential)
    : wrong('--credential is not a number from 1')
  if ((link === undefined) === (values.request === undefined))
    return wrong('say `countersign receipt LINK`, or on the issuer’s host `countersign receipt --request ID`')
  const got = link === undefined ? await makeHere(values.request ?? '', number, env, log) : await fetchBy(link, number)
  if (!got.ok) {
    screen.err.write(`countersign: ${got.words}\n`)
    return got.code
  }
  if (values.out === undefined) screen.out.write(got.text)
  else {
    // It may hold what people wrote for each other.
    await writeFile(values.out, got.text, { flag: 'wx', mode: 0o600 }).catch(() =>
      wrong(`${values.out} is there already or cannot be written`),
    )
    screen.err.write(`${values.out} is written; judge it with \`countersign verify ${values.out} --roots trust-roots.json\`\n`)
  }
  return RECEIPT_EXIT.got
}

/** On the issuer's host: the receipt of a request, everything opened that is kept. */
async function makeHere(request: string, number: number, env: Environment, log: DatabaseLog): Promise<Got> {
  const { ISSUER_DATABASE_URL: url, TRUST_ROOTS: path } = env
  if (!url || !path) throw new StartRefused(['--request needs ISSUER_DATABASE_URL and TRUST_ROOTS, as the issuer has them'])
  if (!ID.test(request)) wrong('--request is not the id of a request: 26 letters and digits, as in the log')
  const roots: TrustRoots = await readRootsFile(path)
  const db = connect(url, { applicationName: 'countersign receipt', max: 2, log })
  try {
    const made = await makeReceipt({ db, roots, pastRoots: await readPast(path, roots), log }, { request, number, opened: true })
    if (!made.ok) return { ok: false, code: RECEIPT_EXIT.refused, words: refusalWords(made.refusal) }
    return { ok: true, text: receiptText(made.receipt) }
  } finally {
    await db.destroy()
  }
}

/** The roots of earlier eras that lie beside those of now: what was issued then is judged by them. */
const readPast = (path: string, { era }: TrustRoots): Promise<TrustRoots[]> =>
  Promise.all(
    Array.from({ length: era - 1 }, (_, past) => pastRootsPath(path, past + 1))
      .filter((file) => existsSync(file))
      .map(readRootsFile),
  )

const Refused = z.object({ reason: z.string(), words: z.string() })

/** By the link of a request's page. Values stay closed: this terminal is nobody who is signed in. */
async function fetchBy(link: string, number: number): Promise<Got> {
  const url = URL.parse(link)
  const view = url && /^\/r\/([^/]+)$/.exec(url.pathname)?.[1]
  if (!url || !view || !VIEW.test(view)) return wrong('LINK is not the link of a request, like https://issuer.example.com/r/…')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && url.hostname === 'localhost'))
    return wrong('LINK is neither https nor http://localhost')
  const away: Got = { ok: false, code: RECEIPT_EXIT.unreachable, words: `The issuer at ${url.origin} does not answer.` }
  const foreign: Got = {
    ok: false,
    code: RECEIPT_EXIT.refused,
    words: `What answers at ${url.origin} is not a Countersign issuer of this version.`,
  }
  try {
    const address = `${url.origin}/v1/receipts/${view}?credential=${number}`
    const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (bytes.length > MAX_RECEIPT_BYTES) return foreign
    if (response.ok) return readReceiptFile(bytes) === undefined ? foreign : { ok: true, text: new TextDecoder().decode(bytes) }
    if (response.status >= 500) return away
    const said = Refused.safeParse(JSON.parse(new TextDecoder().decode(bytes)))
    return said.success ? { ok: false, code: RECEIPT_EXIT.refused, words: spelt(said.data.words.slice(0, MAX_WORDS)) } : foreign
  } catch (error) {
    return error instanceof SyntaxError ? foreign : away
  }
}

const wrong = (problem: string): never => {
  throw new StartRefused([problem], RECEIPT_EXIT.usage)
}
