// A token bucket per address, and per person who is signed in, in front of everything that is posted, and a larger one before what is read: a verification costs about a millisecond and a
// page some queries, so one address should not be able to buy all of them. Of IPv6 the network counts, since whoever has one has all of it. It lives in this process alone and forgets at restart; several issuers each have their own. It protects nothing but time:
// no check relies on it. Addresses are bounded, the oldest is forgotten first.

const MAX_ADDRESSES = 10_000

export type RateLimit = { readonly take: (address: string) => boolean }

/** A limit of `burst` posts at once and `perSecond` after that, for each address. */
export function openRateLimit(burst: number, perSecond: number, now: () => number = () => performance.now()): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return {
    take: (from) => {
      const address = networkOf(from)
      const at = now()
      const bucket = buckets.get(address) ?? { tokens: burst, at }
      buckets.delete(address)
      bucket.tokens = Math.min(burst, bucket.tokens + ((at - bucket.at) / 1000) * perSecond)
      bucket.at = at
      const oldest = buckets.size >= MAX_ADDRESSES ? buckets.keys().next().value : undefined
      if (oldest !== undefined) buckets.delete(oldest)
      buckets.set(address, bucket)
      if (bucket.tokens < 1) return false
      bucket.tokens -= 1
      return true
    },
  }
}

/** The first 64 bits of an IPv6 address; an IPv4 address whole, also where it is written as IPv6. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address
  const [head = '', tail] = address.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  return `${[...first, ...Array.from({ length: zeros }, () => '0'), ...last].slice(0, 4).join(':')}::`
}

/** Where an address is, coarsely: the first 24 bits of IPv4, the first 48 of IPv6, as one organisation or one customer of a provider has them. */
export function neighbourhoodOf(address: string): string {
  if (address.includes('.'))
    return `${address
      .slice(address.lastIndexOf(':') + 1)
      .split('.')
      .slice(0, 3)
      .join('.')}.`
  return address.includes(':') ? `${networkOf(address).split(':').slice(0, 3).join(':')}::` : address
}
