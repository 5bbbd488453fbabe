// Questions to whoever sits at the terminal. A line typed before its question was shown answers nothing: nobody can confirm what he has not read.

import { createInterface } from 'node:readline'

export type Questions = {
  /** The next line typed, or undefined when the input has ended. */
  readonly ask: (question: string) => Promise<string | undefined>
  readonly close: () => void
}

/** Asks on these streams. */
export function openQuestions(input: NodeJS.ReadableStream, output: { readonly write: (text: string) => unknown }): Questions {
  // Not as a terminal: then Ctrl-C stays what it is for the process.
  const lines = createInterface({ input, terminal: false })
  let answer: ((line: string | undefined) => void) | undefined
  let ended = false
  lines.on('line', (line) => answer?.(line))
  lines.on('close', () => {
    ended = true
    answer?.(undefined)
  })
  return {
    ask: async (question) => {
      output.write(question)
      if (ended) return undefined
      const line = await new Promise<string | undefined>((resolve) => {
        answer = resolve
      })
      answer = undefined
      return line
    },
    close: () => lines.close(),
  }
}
