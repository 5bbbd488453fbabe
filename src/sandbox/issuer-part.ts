// What the sandbox adds to the issuer's process: the simulated key's doors, and at the first start the enrolment of its people. Loaded only when the
// sandbox's start asks for it, and refused for any realm but a sandbox's.

import type { SandboxPart } from '../issuer/serve.ts'
import { StartRefused } from '../run.ts'
import { enrolPeople } from './enrol-people.ts'
import { openKeyRing } from './key-ring.ts'
import { simulatedKey } from './simulated-key.ts'

/** The part for an issuer at this origin, with the key ring in this file. */
export function sandboxPart(origin: string, ringPath: string): SandboxPart {
  const ring = openKeyRing({ rpId: new URL(origin).hostname, origin }, ringPath)
  return {
    extras: simulatedKey(ring),
    people: (ctx) => ({
      people: ctx.published().ruleSet.people.map(({ id, name }) => ({ id, name })),
      simulates: (id) => ring.has(id),
    }),
    prepare: async (ctx) => {
      if (!ctx.realm.startsWith('sandbox:'))
        throw new StartRefused(['SANDBOX_KEYS is set for a realm that is not a sandbox: unset it.'])
      await enrolPeople(
        ctx,
        ring,
        ctx.published().ruleSet.people.map(({ id }) => id),
      )
    },
  }
}
