// What the sandbox says when it is ready: three addresses, and what to do first.

import { FIRST_COMMAND } from './world.ts'

/** The text for the terminal. */
export function readyText(
  urls: { readonly bot: string; readonly issuer: string; readonly slack: string },
  seconds: number,
): string {
  const places = [
    ['Slack, simulated', urls.slack, 'start here'],
    ['the target', `${urls.slack}/target`, 'what a credential can do, to watch'],
    ['the bot', urls.bot, 'what waits for you, your access, the log'],
    ['the issuer', urls.issuer, 'where people sign'],
  ] as const
  return `
  Countersign is ready (${seconds.toFixed(1)} s). Nothing in this sandbox is real, and nothing leaves this machine.

${places.map(([what, url, why]) => `    ${what.padEnd(18)}${url.padEnd(32)}${why}`).join('\n')}

  First: open ${urls.slack} (you are Rey, on call) and send

    ${FIRST_COMMAND}

  Confirm with the simulated key, then become Bo with the switch at the top, and approve.
  Ctrl-C ends it; its data stays in the folder that DATA_DIR names (.countersign).

`
}
