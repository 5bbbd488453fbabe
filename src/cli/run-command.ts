// Runs a command with the credential in its environment: never among its arguments, which every user of the machine can read. The command's output and
// its exit code are its own. A terminal's Ctrl-C reaches the command by itself, so here it is only survived, for what comes after.

import { spawn } from 'node:child_process'
import { constants } from 'node:os'

export const VARIABLE = 'COUNTERSIGN_TOKEN'
/** What shells say of a command that is not there. */
const NO_COMMAND = 127
const NOT_RUNNABLE = 126

export type Ran = { readonly code: number; readonly problem?: string }

/** Runs a command to its end; signals given to `forward` are passed on to it. */
export function runCommand(
  [file = '', ...args]: readonly string[],
  credential: string,
  env: Readonly<Record<string, string | undefined>>,
  forward: (pass: (signal: NodeJS.Signals) => void) => void,
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'inherit', env: { ...env, [VARIABLE]: credential } })
    forward((signal) => child.kill(signal))
    child.once('error', (error) => {
      const missing = 'code' in error && error.code === 'ENOENT'
      resolve({
        code: missing ? NO_COMMAND : NOT_RUNNABLE,
        problem: missing ? `there is no command ${file}` : `${file} cannot be run`,
      })
    })
    child.once('exit', (code, signal) => resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0) }))
  })
}
