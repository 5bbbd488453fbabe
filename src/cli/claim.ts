// `countersign claim`: this terminal as the place where a credential is needed. It makes keys, shows their code, waits until the requester has named it
// and others have approved, and fetches the credential by itself. Standard output carries the credential and nothing else; with --exec not even
// that, and whatever ends the command gives the grant back. Hostile: who reads along, and an issuer that is not ours (DESIGN section 3).

import { constants } from 'node:os'
import { spelt } from '../domain/visible.ts'
import { timeWords } from '../domain/words.ts'
import { CLAIM_USAGE, type ClaimOptions, readClaimOptions } from './claim-options.ts'
import { type Asked, type Fetched, fetchCredential, PACE, type Pace } from './fetch-credential.ts'
import { giveBack } from './give-back.ts'
import { openIssuerDoors } from './issuer-doors.ts'
import { makePlace, type Place } from './place.ts'
import { runCommand, VARIABLE } from './run-command.ts'
import { openStatusLine, type Screen, type StatusLine } from './status-line.ts'

const EXIT = { done: 0, refused: 1, usage: 2, unreachable: 3 } as const
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Ending = (typeof ENDING)[number]
/** There is nothing (more) to give back. */
const OVER = ['no_grant', 'grant_ended']

/** What of the process it uses. */
export type Terminal = {
  readonly stdout: Screen
  readonly stderr: Screen
  readonly on: (signal: Ending, heard: (signal: Ending) => void) => unknown
  readonly off: (signal: Ending, heard: (signal: Ending) => void) => unknown
}

/** Fetches a credential here; gives the exit code. */
export async function claimHere(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
  pace: Pace = PACE,
): Promise<number> {
  const status = openStatusLine(terminal.stderr)
  const read = readClaimOptions(args, env)
  if (!read.ok) {
    status.note(`countersign: ${spelt(read.problem)}\n\n${CLAIM_USAGE}`)
    return EXIT.usage
  }
  // What a signal does: it ends the waiting, then it reaches the command, then it ends the giving back.
  let act: (signal: Ending) => void = () => undefined
  const heard = (signal: Ending): void => act(signal)
  const during = (next: typeof act): void => {
    act = next
  }
  for (const signal of ENDING) terminal.on(signal, heard)
  try {
    const place = await makePlace()
    return await serveHere(read.options, { place, status, pace, during, env, stdout: terminal.stdout })
  } finally {
    for (const signal of ENDING) terminal.off(signal, heard)
  }
}

type Here = {
  readonly place: Place
  readonly status: StatusLine
  readonly pace: Pace
  readonly during: (act: (signal: Ending) => void) => void
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Screen
}

async function serveHere(options: ClaimOptions, here: Here): Promise<number> {
  const { status, env } = here
  const asked: Asked = { intent: undefined }
  const came = await waitHere(options, here, asked)
  if (typeof came === 'number') {
    if (asked.intent !== undefined) await returnGrant(options, here, asked.intent)
    return came
  }
  const until = timeWords(came.endsAt.getTime())
  if (options.command === undefined) {
    print(options, came, here.stdout)
    status.note(`It ends at ${until}. When you are done earlier, end it on the page of the request.`)
    return EXIT.done
  }
  status.note(`Running the command with the credential in ${VARIABLE}; it ends at ${until}.`)
  const ran = await runCommand(options.command, came.credential, env, (pass) =>
    here.during((signal) => signal !== 'SIGINT' && pass(signal)),
  )
  if (ran.problem !== undefined) status.note(`countersign: ${spelt(ran.problem)}`)
  await returnGrant(options, here, came.intent, until)
  return ran.code
}

/** Offers the place and waits; an exit code when there is nothing to hand out. */
async function waitHere(
  { issuer, name }: ClaimOptions,
  { place, status, pace, during }: Here,
  asked: Asked,
): Promise<Fetched | number> {
  const stopping = new AbortController()
  let code: number = EXIT.refused
  during((signal) => {
    code = 128 + constants.signals[signal]
    stopping.abort()
  })
  const { signal } = stopping
  const doors = openIssuerDoors(issuer, signal)
  const offered = await doors.offer(place.holder, name)
  if (signal.aborted) return code
  if (!offered.ok) {
    status.note(`countersign: ${offered.words}`)
    return offered.reason === 'unreachable' ? EXIT.unreachable : EXIT.refused
  }
  // Another code would have the person confirm another place.
  if (offered.value.code !== place.code) {
    status.note(
      'countersign: the issuer answers with another code than that of the keys made here. Do not go on; tell whoever runs it.',
    )
    return EXIT.refused
  }
  status.note(
    `On the page of your request choose “In a terminal” and type this code. It lasts five minutes.\n\n    ${place.code}\n`,
  )
  status.note(`The page must show this terminal as “${name}”. Never type a code that somebody sent you.`)
  const came = await fetchCredential(doors, place, status, { name, pace, signal, asked })
  switch (came.is) {
    case 'fetched':
      status.note('Approved. The credential is here.')
      return came.fetched
    case 'interrupted':
      status.note('Interrupted.')
      return code
    case 'refused':
    case 'unreachable':
      status.note(`countersign: ${came.words}`)
      return EXIT[came.is]
  }
}

function print({ json }: ClaimOptions, { credential, fingerprint, endsAt, kind, intent, number }: Fetched, stdout: Screen): void {
  const ends_at = endsAt.toISOString()
  stdout.write(`${json ? JSON.stringify({ credential, kind, ends_at, fingerprint, intent, number }) : credential}\n`)
}

async function returnGrant(
  { issuer }: ClaimOptions,
  { place, status, during }: Here,
  intent: string,
  until = 'its end',
): Promise<void> {
  const stopping = new AbortController()
  during(() => stopping.abort())
  const given = await giveBack(openIssuerDoors(issuer, stopping.signal), place, intent, stopping.signal)
  if (given.ok) {
    const confirmed = given.value.state === 'returned'
    status.note(
      confirmed ? 'Given back.' : `Given back. The target has not confirmed it: the credential may work until ${until}.`,
    )
  } else if (!OVER.includes(given.reason))
    status.note(`countersign: not given back. ${given.words} The credential works until ${until}.`)
}
