// Records that a person of the directory was not let in: a guest, a deactivated or foreign account. A refusal of a known person is an entry
// (DESIGN section 1); strangers leave none, or anybody could fill the log.

import type { PersonId } from '../domain/ids.ts'
import type { BotContext } from './context.ts'
import { transact } from './transact.ts'

export const refusePerson = (ctx: BotContext, person: PersonId, why: string): Promise<void> =>
  transact(ctx, [], ({ record }) => record('person.refused', { actor: person }, { v: 1, why }))
