// What the sandbox says when it is ready: three addresses, and what to do first.

import { FIRST_COMMAND } from './world.ts'

/** The text for the terminal. */
export const readyText = (
  urls: { readonly bot: string; readonly issuer: string; readonly slack: string },
  seconds: number,
): string => `
  Countersign is ready (${seconds.toFixed(1)} s). Nothing in this sandbox is real, and nothing leaves this machine.

    Slack, simulated    ${urls.slack}          start here
    the target          ${urls.slack}/target   what a credential can do, to watch
    the bot             ${urls.bot}          what waits, your access, the log
    the issuer          ${urls.issuer}          where people sign

  First: open ${urls.slack} — you are Rey, on call — and send

    ${FIRST_COMMAND}

  Then confirm with the simulated key, become Bo with the switch at the top, and approve.
  End it with Ctrl-C; data stays in the folder that DATA_DIR names (.countersign).

`
