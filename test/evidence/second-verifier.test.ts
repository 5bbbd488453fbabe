// Holds docs/receipt.md to its word: a second verifier, in another language and written from that document alone, judges every vector,
// and seeded flips of single bits, as the first one does: the same verdict for the same reason. The vectors say what is expected of
// both, and the first is asked as people ask it, by the command `countersign verify` on two files, in this process. Paths are for
// people and not compared. Fails without python3 and cryptography.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { VERIFY_EXIT, verifyHere } from '../../src/cli/verify.ts'

type Judged = { readonly verdict: string; readonly reason?: string }
type Vector = { readonly roots: unknown; readonly receipt: unknown; readonly expected: Judged }
type Finished = { readonly code: number; readonly stdout: string; readonly stderr: string }

const here = import.meta.dirname
const repository = join(here, '../..')
const verifier = join(here, 'verify_receipt.py')
// Where two careful readings, or two libraries, could part; the vectors of the attacks are in the other two.
const edges = join(here, 'second_verifier/vectors')
const folders = [join(here, 'vectors/valid'), join(here, 'vectors/invalid'), edges]
const seed = 20_261_122
const flipsOfBytes = 20
const flipsOfText = 6
let place = ''

before(async () => {
  const { code, stderr } = await run('python3', ['-c', 'import cryptography'])
  const advice = 'The second verifier needs Python 3 and its cryptography package: apt-get install python3-cryptography'
  assert.equal(code, 0, `${advice}\n${stderr}`)
  place = await mkdtemp(join(tmpdir(), 'second-verifier-'))
})

after(() => place && rm(place, { recursive: true, force: true }))

test('a verifier written from the document alone gives the verdict and the reason of every vector', async () => {
  const vectors = await everyVector()
  const expected = new Map(await Promise.all(vectors.map(async (name) => [name, told((await vector(name)).expected)] as const)))
  assert.deepEqual(new Set([...expected.values()].map(({ verdict }) => verdict)), new Set(['valid', 'unproven', 'invalid']))
  const judged = await bySecondVerifier(folders)
  for (const [name, answer] of expected) assert.deepEqual(judged.get(name), answer, basename(name))
  assert.equal(judged.size, expected.size)
})

test('`countersign verify` gives the verdict, the reason and the exit code of every vector', async () => {
  for (const name of await everyVector()) {
    const { roots, receipt, expected } = await vector(name)
    const { code, judged } = await byFirstVerifier(canonical(receipt), roots)
    assert.deepEqual(judged, told(expected), basename(name))
    assert.equal(code, expected.verdict === 'valid' ? VERIFY_EXIT.valid : VERIFY_EXIT.notValid, basename(name))
    if (expected.verdict === 'valid') continue
    const allowed = await byFirstVerifier(canonical(receipt), roots, '--allow-unproven')
    assert.equal(allowed.code, expected.verdict === 'unproven' ? VERIFY_EXIT.valid : VERIFY_EXIT.notValid, basename(name))
  }
})

test('both verifiers refuse a receipt with one bit flipped for the same reason', async () => {
  const name = join(here, 'vectors/valid', await longestValidVector())
  const { roots, receipt } = await vector(name)
  const flips = join(place, 'flips')
  await mkdir(flips)
  const random = numbers(seed)
  const whole = canonical(receipt)
  const flipped = [
    ...Array.from({ length: flipsOfBytes }, () => flipEncodedBit(whole, random)),
    ...Array.from({ length: flipsOfText }, () => flipTextBit(whole, random)),
  ]
  const files = flipped.map((_, index) => join(flips, `${String(index).padStart(2, '0')}.json`))
  await Promise.all(files.map((file, index) => writeFile(file, JSON.stringify({ roots, receipt: flipped[index] }))))
  const judged = await bySecondVerifier([flips])
  const reasons = new Set<string | undefined>()
  for (const [index, text] of flipped.entries()) {
    const { judged: first } = await byFirstVerifier(text, roots)
    assert.equal(first.verdict, 'invalid', `flip ${index} of seed ${seed}`)
    assert.deepEqual(judged.get(files[index] ?? ''), first, `flip ${index} of seed ${seed}`)
    reasons.add(first.reason)
  }
  assert.ok(reasons.size >= 4, `these flips reach no further than ${[...reasons].join(', ')}`)
})

test('the second verifier says valid by its exit code, and invalid, and that roots cannot be read', async () => {
  const { roots, receipt } = await vector(join(here, 'vectors/valid', await longestValidVector()))
  const [file, rootsFile] = [join(place, 'receipt.json'), join(place, 'trust-roots.json')]
  await writeFile(rootsFile, JSON.stringify(roots, undefined, 2))
  await writeFile(file, `${canonical(receipt)}\n`)
  assert.equal((await run('python3', [verifier, file, rootsFile])).code, 0)
  await writeFile(file, `${canonical(receipt)}\n\n`)
  assert.equal((await run('python3', [verifier, file, rootsFile])).code, 1)
  assert.equal((await run('python3', [verifier, file, file])).code, 2)
})

async function bySecondVerifier(places: readonly string[]): Promise<Map<string, Judged>> {
  const { code, stdout, stderr } = await run('python3', [verifier, '--batch', ...places])
  assert.equal(code, 0, stderr)
  const lines = stdout.trimEnd().split('\n')
  return new Map(lines.map((line) => JSON.parse(line)).map((line) => [line.file, told(line)]))
}

async function byFirstVerifier(text: string, roots: unknown, ...more: readonly string[]) {
  const [file, rootsFile] = [join(place, 'judged.json'), join(place, 'judged-by.json')]
  await writeFile(file, text)
  await writeFile(rootsFile, JSON.stringify(roots))
  let shown = ''
  const write = (part: string) => {
    shown += part
  }
  const code = await verifyHere([file, '--roots', rootsFile, '--json', ...more], { write, colour: false }, async () => '')
  const { verdict, reason } = JSON.parse(shown)
  // Of a receipt that stands, `reason` is the requester's.
  const judged: Judged = verdict === 'not_valid' ? { verdict: 'invalid', reason } : { verdict }
  return { code, judged }
}

async function everyVector(): Promise<string[]> {
  const names = await Promise.all(folders.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))))
  return names.flat().filter((name) => name.endsWith('.json'))
}

const told = ({ verdict, reason }: Judged): Judged => (reason === undefined ? { verdict } : { verdict, reason })

const vector = async (file: string): Promise<Vector> => JSON.parse(await readFile(file, 'utf8'))

// The one that has most for a flip to hit.
async function longestValidVector(): Promise<string> {
  const names = await readdir(join(here, 'vectors/valid'))
  const sized = await Promise.all(
    names.map(async (name) => {
      const { receipt, expected } = await vector(join(here, 'vectors/valid', name))
      return { name, size: expected.verdict === 'valid' ? canonical(receipt).length : 0 }
    }),
  )
  return sized.reduce((most, each) => (each.size > most.size ? each : most)).name
}

// By the document, section 1, for the values that parsed receipts hold.
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join()}}`
}

// One bit of bytes that the receipt holds as base64url: the form stands, something in it does not.
function flipEncodedBit(text: string, random: (below: number) => number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const coded = [...text.matchAll(/[A-Za-z0-9_-]{43,}/g)]
  const hit = coded[random(coded.length)]
  assert.ok(hit)
  const at = hit.index + random(hit[0].length)
  const letter = letters[letters.indexOf(text.charAt(at)) ^ (1 << random(6))]
  return text.slice(0, at) + letter + text.slice(at + 1)
}

function flipTextBit(text: string, random: (below: number) => number): string {
  const at = random(text.length)
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << random(7))) + text.slice(at + 1)
}

// mulberry32: small, and the same everywhere.
function numbers(from: number): (below: number) => number {
  let state = from
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function run(command: string, args: readonly string[]): Promise<Finished> {
  return new Promise((resolve) => {
    const options = { cwd: repository, maxBuffer: 64 * 1024 * 1024 }
    execFile(command, args, options, (error, stdout, stderr) =>
      resolve({
        code: error === null ? 0 : typeof error.code === 'number' ? error.code : 127,
        stdout,
        stderr: stderr || String(error ?? ''),
      }),
    )
  })
}
