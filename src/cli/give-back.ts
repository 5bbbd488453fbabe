// Gives back what a terminal holds. It can always be sent: taking away is safe, and who holds nothing ends nothing.

import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, AWAY, type IssuerDoors, PASSING } from './issuer-doors.ts'
import type { Place } from './place.ts'

const TRIES = 5
const PAUSE_MS = 1_000

/** Gives back what this place holds; tries again while the issuer is away. */
export async function giveBack(
  doors: IssuerDoors,
  place: Place,
  intent: string,
  signal: AbortSignal,
): Promise<Answer<{ readonly state: string }>> {
  for (let left = TRIES - 1; ; left -= 1) {
    const begun = await doors.begin()
    const answer = begun.ok ? await doors.giveBack(await place.giveBack({ ...begun.value, intent })) : begun
    if (answer.ok || left <= 0 || signal.aborted || ![...AWAY, ...PASSING].includes(answer.reason)) return answer
    await wait(PAUSE_MS, undefined, { signal }).catch(() => undefined)
  }
}
