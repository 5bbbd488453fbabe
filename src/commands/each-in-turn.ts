// One after the other, for the rounds of the clockwork. What they take up was written by the bot, so a row that cannot be dealt with must not stop
// those behind it: each has its turn, and only then is told that something failed.

/** Does the work for each; throws the first fault after the last has had its turn. */
export async function eachInTurn<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const faults: unknown[] = []
  for (const item of items) await work(item).catch((fault: unknown) => faults.push(fault))
  if (faults.length > 0) throw faults[0]
}
