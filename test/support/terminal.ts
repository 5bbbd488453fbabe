// A terminal of a test: what the command line writes on it, and the signals it gets.

import { EventEmitter } from 'node:events'
import type { Terminal } from '../../src/cli/claim.ts'

export type TestTerminal = Terminal & {
  readonly out: () => string
  readonly err: () => string
  /** Waits until standard error holds this, and gives what the first group (or all of it) matched; fails after ten seconds. */
  readonly says: (pattern: RegExp) => Promise<string>
  readonly signal: (name: 'SIGINT' | 'SIGTERM') => void
}

/** A new terminal; `isTTY` for one that can rewrite a line. */
export function newTerminal(isTTY = false): TestTerminal {
  const signals = new EventEmitter()
  const written = new EventEmitter()
  let out = ''
  let err = ''
  return {
    stdout: { isTTY, write: (text) => (out += text) },
    stderr: {
      isTTY,
      columns: 80,
      write: (text) => {
        err += text
        written.emit('written')
      },
    },
    on: (signal, heard) => signals.on(signal, heard),
    off: (signal, heard) => signals.off(signal, heard),
    out: () => out,
    err: () => err,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`the terminal never said ${pattern}, but: ${err}`)), 10_000)
        const look = (): void => {
          const found = pattern.exec(err)
          if (!found) return
          clearTimeout(late)
          written.off('written', look)
          resolve(found[1] ?? found[0])
        }
        written.on('written', look)
        look()
      }),
    signal: (name) => void signals.emit(name, name),
  }
}
