// What every benchmark reports and how it is printed: a figure, its floor measured in the same run, their ratio, and the goal. The machine may be
// shared, so figures are medians over rounds in which a claim and its floor take turns; only ratios should be compared between machines.

export type Figures = Readonly<Record<string, number>>
export type Line = {
  readonly what: string
  readonly unit: string
  readonly measured: Figures
  /** What bare commits and bare cryptography of the same number need, or another bare thing that the line's text names. */
  readonly floor?: Figures | undefined
  /** Measured to floor: a rate wants it near 1 from below, a time from above. */
  readonly ratio?: number | undefined
  readonly goal?: { readonly text: string; readonly met: boolean } | undefined
}
/** Work for the end, done in reverse order. */
export type Hooks = { readonly after: (work: () => Promise<void> | void) => void }
export type Benchmark = (hooks: Hooks, tell: (progress: string) => void) => Promise<readonly Line[]>

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? sorted[0]
  if (value === undefined) throw new RangeError('a quantile of nothing')
  return value
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** The three quantiles by which a step is judged. */
export const tail = (values: readonly number[]): { readonly p50: number; readonly p95: number; readonly p99: number } => ({
  p50: quantile(values, 0.5),
  p95: quantile(values, 0.95),
  p99: quantile(values, 0.99),
})

/** One row per line under one head, columns as wide as they need. */
export function table(lines: readonly Line[]): string {
  const head = ['', 'unit', 'measured', 'floor', 'of floor', 'goal', '']
  const rows = lines.map((line) => [
    line.what,
    line.unit,
    figures(line.measured),
    line.floor ? figures(line.floor) : '',
    line.ratio === undefined ? '' : `${short(line.ratio)} ×`,
    line.goal?.text ?? '',
    line.goal ? (line.goal.met ? 'met' : 'MISSED') : '',
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const print = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [print(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(print)].join('\n')
}

const figures = (all: Figures): string =>
  Object.entries(all)
    .map(([name, value]) => (name === '' ? short(value) : `${name} ${short(value)}`))
    .join('  ')

const short = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2))
