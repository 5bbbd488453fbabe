// `countersign verify`: judges a receipt by the trust roots, without network, database or clock (docs/receipt.md). Two files go in, one verdict comes out.
// The receipt is hostile; the roots are the person's own, and without them nothing is judged.

import { readFile, writeFile } from 'node:fs/promises'
import { nodeCrypto } from '../crypto.ts'
import { type TrustRoots, trustRoots } from '../domain/directory.ts'
import { read } from '../domain/shape.ts'
import { escaped } from '../domain/visible.ts'
import { fail } from '../evidence/reasons.ts'
import { type ReceiptVerdict, readReceiptFile, verifyReceipt } from '../evidence/receipt.ts'
import { accountOf } from '../evidence/receipt-account.ts'
import { StartRefused } from '../run.ts'
import { readArguments } from './arguments.ts'
import { verdictJson } from './verdict-json.ts'
import { verdictText } from './verdict-text.ts'

/** Exit codes that scripts rely on. */
export const VERIFY_EXIT = { valid: 0, notValid: 1, usage: 2 } as const

export type VerifyScreen = {
  readonly write: (text: string) => unknown
  readonly colour: boolean
  readonly columns?: number | undefined
}

/** Runs the command; gives its exit code. `page` makes the page that does the same in a browser. */
export async function verifyHere(args: readonly string[], screen: VerifyScreen, page: () => Promise<string>): Promise<number> {
  const { values, positionals } = readArguments(
    'verify',
    args,
    {
      roots: { type: 'string' },
      json: { type: 'boolean', default: false },
      'allow-unproven': { type: 'boolean', default: false },
      page: { type: 'string' },
    },
    1,
    VERIFY_EXIT.usage,
  )
  const [file] = positionals
  if (values.page !== undefined) {
    if (file !== undefined || values.roots !== undefined) wrong('--page writes the page and judges nothing: leave out the rest')
    await writeFile(values.page, await page(), { flag: 'wx' }).catch((error: unknown) =>
      wrong(`${values.page} ${problemOf(error)}`),
    )
    screen.write(`${values.page} is written: open it in a browser, also without network\n`)
    return VERIFY_EXIT.valid
  }
  if (file === undefined || values.roots === undefined)
    return wrong(
      'say `countersign verify receipt.json --roots trust-roots.json`; the roots are your own copy, not one that came with the receipt',
    )
  const roots = await readRootsFile(values.roots)
  const verdict = await judgeFile(await readHere(file), roots)
  // A terminal that does not know its width says 0.
  const columns = screen.columns || 80
  screen.write(
    values.json
      ? `${escaped(JSON.stringify(verdictJson(verdict, roots), null, 2))}\n`
      : verdictText(accountOf(verdict, roots), { colour: screen.colour, columns }),
  )
  const isTaken = verdict.ok && (verdict.rules === 'proven' || values['allow-unproven'] === true)
  return isTaken ? VERIFY_EXIT.valid : VERIFY_EXIT.notValid
}

/** Reads trust roots as whoever verifies offline does; what is wrong with them is told, and nothing is judged. */
export async function readRootsFile(path: string): Promise<TrustRoots> {
  const text = (await readHere(path)).toString('utf8')
  const found = read(trustRoots, parse(text))
  return found.ok ? found.value : wrong(`${path} holds no trust roots: ${found.path} ${found.problem}`)
}

async function judgeFile(bytes: Uint8Array, roots: TrustRoots): Promise<ReceiptVerdict> {
  const value = readReceiptFile(bytes)
  return value === undefined ? fail('receipt_malformed', '') : verifyReceipt(value, roots, nodeCrypto)
}

const readHere = (path: string): Promise<Buffer> => readFile(path).catch((error: unknown) => wrong(`${path} ${problemOf(error)}`))

function problemOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'is not there'
  if (code === 'EEXIST') return 'is there already, and is not written over'
  return code === 'EACCES' ? 'may not be read or written' : 'cannot be read or written'
}

const wrong = (problem: string): never => {
  throw new StartRefused([problem], VERIFY_EXIT.usage)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
