// The quorum: whether the approvals at hand fill every place that the rules ask for. Every line must hold; one person and one
// passkey count for at most one place in all lines together; the requester never counts. Who may stand in which group is judged
// before and comes in as data. Assignment is a maximum matching by augmenting paths (Kuhn 1955), so that no order of approvals
// can leave a place open in vain.

import type { Rules } from './action.ts'
import type { Digest, PersonId } from './ids.ts'

export type Approval = { readonly person: PersonId; readonly passkey: Digest; readonly groups: readonly string[] }
export type Line<A> = {
  readonly group: string
  readonly required: number
  readonly approvals: readonly A[]
  readonly missing: number
}
export type Quorum<A> = { readonly complete: boolean; readonly lines: readonly Line<A>[] }

/** Which approval fills which line of the rules, and how many each line still lacks. */
export function judgeQuorum<A extends Approval>(
  approvals: readonly A[],
  rules: Pick<Rules, 'approvals'>,
  requester: PersonId,
): Quorum<A> {
  const voters = distinctVoters(approvals, requester)
  const places = rules.approvals.flatMap(({ group, count }, line) => Array.from({ length: count }, () => ({ line, group })))
  const seated = places.map((): A[] | undefined => undefined)

  // Seats a voter, moving those already seated to other places where that makes room.
  const seat = (voter: A[], tried: Set<number>): boolean =>
    places.some(({ group }, place) => {
      if (tried.has(place) || !voter.some(({ groups }) => groups.includes(group))) return false
      tried.add(place)
      const sitting = seated[place]
      if (sitting && !seat(sitting, tried)) return false
      seated[place] = voter
      return true
    })
  for (const voter of voters) seat(voter, new Set())

  const lines = rules.approvals.map(({ group, count }, line) => {
    const filled = seated.flatMap((voter, place) =>
      places[place]?.line === line ? (voter?.find(({ groups }) => groups.includes(group)) ?? []) : [],
    )
    return { group, required: count, approvals: filled, missing: count - filled.length }
  })
  return { complete: lines.length > 0 && lines.every(({ missing }) => missing === 0), lines }
}

/** The approvals by person, without the requester's. A passkey that two people used counts for neither: it is not two people. */
function distinctVoters<A extends Approval>(approvals: readonly A[], requester: PersonId): A[][] {
  const users = Map.groupBy(approvals, ({ passkey }) => passkey)
  const shared = ({ passkey, person }: A) => users.get(passkey)?.some((other) => other.person !== person)
  const counted = approvals.filter((approval) => approval.person !== requester && !shared(approval))
  return [...Map.groupBy(counted, ({ person }) => person).values()]
}
