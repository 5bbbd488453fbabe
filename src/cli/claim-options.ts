// What `countersign claim` was asked to do. Everything after `--` is the command to run; nothing else may stand there, so that a mistyped option is a
// mistake and never a word of a command.

import { hostname } from 'node:os'
import { parseArgs } from 'node:util'
import { findUnseen } from '../domain/visible.ts'

export const CLAIM_USAGE = `countersign claim [--issuer URL] [--name NAME] [--json]
countersign claim [--issuer URL] [--name NAME] --exec -- COMMAND [ARGUMENT …]

  Shows a code to type on the page of your request, waits for the approvals and fetches the credential.
  --issuer URL   the issuer (ISSUER_URL, or http://localhost:3001)
  --name NAME    what your request's page calls this terminal (this computer's name)
  --json         print an object with the credential, its end and its fingerprint
  --exec         run a command with the credential in COUNTERSIGN_TOKEN, and give it back when the command ends

Exit codes: 0 fetched, 1 refused, denied or lapsed, 2 wrong usage, 3 the issuer cannot be reached, 128 and the signal's number when interrupted.
With --exec the exit code is the command's own, 127 when there is no such command.
`

export type ClaimOptions = {
  /** The issuer's origin. */
  readonly issuer: string
  readonly name: string
  readonly json: boolean
  /** Run with the credential in its environment; never empty. */
  readonly command: readonly string[] | undefined
}
type Read = { readonly ok: true; readonly options: ClaimOptions } | { readonly ok: false; readonly problem: string }

const MAX_NAME = 60
const no = (problem: string): Read => ({ ok: false, problem })

/** The options in these arguments and this environment, or what is wrong with them. */
export function readClaimOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Read {
  const split = args.indexOf('--')
  const command = split === -1 ? [] : args.slice(split + 1)
  const parsed = parse(split === -1 ? args : args.slice(0, split))
  if (typeof parsed === 'string') return no(parsed)
  const { issuer = env['ISSUER_URL'] || 'http://localhost:3001', name = hostname().slice(0, MAX_NAME), json, exec } = parsed
  const url = URL.parse(issuer)
  if (url?.pathname !== '/' || url.search || url.hash || url.username || url.password)
    return no(`--issuer is not an origin like https://issuer.example.com: ${issuer}`)
  // Whoever can change what travels could keep the terminal waiting, or name another request.
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && url.hostname === 'localhost'))
    return no(`--issuer is neither https nor http://localhost: ${issuer}`)
  if (name.trim() === '' || name.length > MAX_NAME || findUnseen(name))
    return no(`--name is not 1 to ${MAX_NAME} characters that show`)
  if (!exec && split !== -1) return no('a command after -- needs --exec')
  if (exec && command.length === 0) return no('--exec needs a command: --exec -- COMMAND')
  if (exec && json) return no('--json prints the credential, --exec hands it to a command: choose one')
  return { ok: true, options: { issuer: url.origin, name, json, command: exec ? command : undefined } }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        issuer: { type: 'string' },
        name: { type: 'string' },
        json: { type: 'boolean', default: false },
        exec: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) return error.message
    throw error
  }
}
