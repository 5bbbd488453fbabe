// One line that says what is going on: rewritten in place on a terminal, a new line for each change elsewhere. It goes to standard error, so that
// standard output holds the credential and nothing else.

export type Screen = {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}
export type StatusLine = {
  /** What is going on now; the same text again writes nothing. */
  readonly now: (text: string) => void
  /** Something that stays. */
  readonly note: (text: string) => void
}

/** A status line on a screen. */
export function openStatusLine(screen: Screen): StatusLine {
  let shown = ''
  const clear = (): void => {
    if (screen.isTTY && shown !== '') screen.write('\r\u001b[2K')
  }
  return {
    now: (text) => {
      if (text === shown) return
      clear()
      // A line that wraps could not be taken back.
      screen.write(screen.isTTY ? text.slice(0, (screen.columns ?? 80) - 1) : `${text}\n`)
      shown = text
    },
    note: (text) => {
      clear()
      shown = ''
      screen.write(`${text}\n`)
    },
  }
}
