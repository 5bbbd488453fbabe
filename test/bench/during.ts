// How every benchmark loads what it measures for some time; loaded also by processes that load nothing else.

/** Each lane goes on by itself until the time is over; what has begun is finished and counted. */
export async function during<L>(
  lanes: readonly L[],
  roundMs: number,
  once: (lane: L) => Promise<void>,
): Promise<{ count: number; ms: number }> {
  const began = performance.now()
  let count = 0
  await Promise.all(
    lanes.map(async (lane) => {
      while (performance.now() - began < roundMs) {
        await once(lane)
        count += 1
      }
    }),
  )
  return { count, ms: performance.now() - began }
}
