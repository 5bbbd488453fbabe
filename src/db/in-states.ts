// States as words of a query instead of parameters. What is open is found by partial indexes, and a plan that PostgreSQL keeps for all parameters cannot
// use one: the parameter could be another state. Such a plan reads everything that is over, at every turn of whoever polls.

import { type RawBuilder, sql } from 'kysely'

/** These states; they are literals of the program, never anybody's input. */
export const said = <S extends string>(...states: readonly S[]): RawBuilder<S>[] => states.map((state) => sql.lit(state))
