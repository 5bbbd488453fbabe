// `countersign receipt`: on the issuer's host, makes a receipt out of the database with every value opened that is kept. No private key is needed. It does not
// judge what it made: `countersign verify` does, by the trust roots. Elsewhere a receipt is a file that people who are signed in download in their browser:
// a link has no power to fetch one, and this terminal is nobody who is signed in.

import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { makeReceipt } from '../commands/make-receipt.ts'
import { connect, type DatabaseLog } from '../db/connect.ts'
import { pastRootsPath, type TrustRoots } from '../domain/directory.ts'
import { ID } from '../domain/ids.ts'
import { refusalWords } from '../domain/words.ts'
import { receiptText } from '../evidence/receipt.ts'
import { StartRefused } from '../run.ts'
import { readArguments } from './arguments.ts'
import { readRootsFile } from './verify.ts'

export const RECEIPT_EXIT = { got: 0, refused: 1, usage: 2 } as const

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
  if (link !== undefined)
    return wrong(
      'a link has no power to fetch a receipt: open it in your browser, choose Receipt and sign in there. On the issuer’s host: `countersign receipt --request ID`',
    )
  if (values.request === undefined) return wrong('say `countersign receipt --request ID`, on the issuer’s host')
  const got = await makeHere(values.request, number, env, log)
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

const wrong = (problem: string): never => {
  throw new StartRefused([problem], RECEIPT_EXIT.usage)
}
