// What a scrape of `/metrics` says: a value for each series, as Prometheus would read it.

/** The token of the tests. */
export const METRICS_TOKEN = 'a-metrics-token-of-the-tests'
export const AUTHORIZED = { authorization: `Bearer ${METRICS_TOKEN}` }

export type Scrape = {
  readonly text: string
  /** The sum over every series of this name that has all of these labels; undefined when there is none. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined
  /** Every value of one label. */
  readonly words: (label: string) => ReadonlySet<string>
}

/** Reads Prometheus' text format. */
export function readScrape(text: string): Scrape {
  const series = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', inner = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      if (name === '') throw new Error(`this is no series: ${line}`)
      const labels = new Map([...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', word = '']) => [label, word]))
      return { name, labels, value: Number(value) }
    })
  return {
    text,
    value: (name, labels = {}) => {
      const found = series.filter(
        (each) => each.name === name && Object.entries(labels).every(([label, word]) => each.labels.get(label) === word),
      )
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
    },
    words: (label) => new Set(series.flatMap(({ labels }) => labels.get(label) ?? [])),
  }
}
