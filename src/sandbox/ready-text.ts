// What the sandbox says when it is ready: what to do first, where everything is, and where its data stays.

import { FIRST_COMMAND } from './world.ts'

export type Ready = {
  readonly urls: { readonly bot: string; readonly issuer: string; readonly slack: string }
  readonly seconds: number
  readonly dataDir: string
  /** Whether a terminal shows it that may be coloured. */
  readonly colour: boolean
}

/** The text for the terminal. */
export function readyText({ urls, seconds, dataDir, colour }: Ready): string {
  const bold = (text: string): string => (colour ? `\u001b[1m${text}\u001b[0m` : text)
  const places = [
    ['Slack, simulated', urls.slack, 'start here'],
    ['the target', `${urls.slack}/target`, 'what a credential can do, to watch'],
    ['the bot', urls.bot, 'what waits for you, your access, the log'],
    ['the issuer', urls.issuer, 'where people sign'],
  ] as const
  return `
  Countersign is ready (${seconds.toFixed(1)} s): a sandbox. Nothing in it is real, and nothing leaves this machine.

  First open ${bold(urls.slack)} (you are Rey, on call) and send

    ${bold(FIRST_COMMAND)}

  Confirm with the simulated key. Then become Bo with the switch at the top, open the message from Countersign, and approve.
  Back on Rey’s page, get the credential.

${places.map(([what, url, why]) => `    ${what.padEnd(18)}${url.padEnd(32)}${why}`).join('\n')}

  Ctrl-C ends it. Its data stays in ${dataDir}; without that folder it starts anew.

`
}
