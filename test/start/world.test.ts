// What the world does to processes that are configured well: a database that comes later, goes and comes back, a disk that fills up and is emptied, folders
// with odd names. Full disks are real file systems of a few megabytes, which only root may mount; elsewhere those tests are skipped, and in CI they fail.

import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { launch, newDeployment, runToEnd } from '../support/deployment.ts'
import { freePort } from '../support/free-port.ts'
import { meet } from '../support/people.ts'
import { FLAGS, newPremises, postgresOf, startProduct, tellOnFailure } from '../support/product.ts'
import { until } from '../support/until.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const isRoot = process.getuid?.() === 0
const mountable = isRoot && process.platform === 'linux' && mayMount()
/** In CI they run, or fail where they would begin. */
const needsMount = !mountable && !process.env['CI'] && 'only root that may mount has a small disk to fill'

test('a start of production waits for its database, outlives it, says so at /readyz, and goes on when it is back', async (t) => {
  const { bot, issuer, database } = await newDeployment(t)
  const port = await freePort()
  const through = (url: string) => Object.assign(new URL(url), { port: String(port) }).href
  const urls = { DATABASE_URL: through(database.botUrl), ISSUER_DATABASE_URL: through(database.issuerUrl) }
  const product = begin(t, launch(['start'], { ...bot, ...issuer, ...urls }))
  const door = (name: 'PORT' | 'ISSUER_PORT') => `http://127.0.0.1:${(name === 'PORT' ? bot : issuer)[name]}/readyz`
  await delay(500)
  const way = openWay(t, port, Number(new URL(database.botUrl).port))
  await way.open()
  await until('both to serve', async () => /countersign: ready/.test(product.said()))

  await way.shut()
  for (const name of ['PORT', 'ISSUER_PORT'] as const)
    await until(`${name} to say that the database is away`, async () => {
      const answer = await fetch(door(name))
      return answer.status === 503 && /The database does not answer/.test(await answer.text())
    })
  await way.open()
  for (const name of ['PORT', 'ISSUER_PORT'] as const)
    await until(`${name} to be ready again`, async () => (await fetch(door(name))).status === 200)
  assert.doesNotMatch(product.said(), /is started again|did not start/, 'the same processes lived on')
  product.child.kill('SIGTERM')
  assert.equal(await product.ended, 0)
})

test('under a supervisor a database that stays away is asked for again, and nothing else ends', async (t) => {
  const { bot, issuer } = await newDeployment(t)
  const away = { DATABASE_URL: 'postgres://bot:unused@127.0.0.1:9/countersign' }
  const product = begin(t, launch(['start'], { ...bot, ...issuer, ...away }))
  await until('the bot to be started again', async () => /the bot is started again/.test(product.said()))
  assert.match(
    product.said(),
    /countersign: bot: DATABASE_URL: the database at 127\.0\.0\.1:9 cannot be used \(nothing listens there\)/,
  )
  assert.equal((await fetch(`http://127.0.0.1:${issuer['ISSUER_PORT']}/readyz`)).status, 200)
  product.child.kill('SIGTERM')
  assert.equal(await product.ended, 0)
})

test('a database on a full disk: what is asked is refused in words, what was taken stays, and it comes back with space', {
  skip: needsMount,
}, async (t) => {
  const disk = smallDisk(t, 220)
  const premises = await newPremises(t, join(disk.dir, 'data'))
  const running = await startProduct(premises)
  tellOnFailure(t, running)
  const rey = meet(premises, 'rey')
  const line = 'service.restart service=payments-api reason="INC-4211: payments refuse cards"'
  const view = await rey.type(line)
  await until('the issuer to adopt it', async () => (await rey.see(view)).state === 'awaiting_requester')

  disk.fill()
  const { port, password } = postgresOf(premises.dataDir)
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'countersign' })
  client.on('error', () => undefined)
  await client.connect()
  // As after some minutes of life: the next write needs a new segment.
  await client.query('select pg_switch_wal()')
  await until('writes to fail', async () => {
    const tried = await rey.type(line).then(
      () => 'taken',
      () => 'refused',
    )
    return tried === 'refused'
  })
  const page = await fetch(`${premises.issuer}/r/${view}`)
  if (page.status !== 200) assert.match(await page.text(), /It is in the log as [0-9a-f]{12}/)
  assert.doesNotMatch(running.err(), /the (issuer|bot) is started again/, 'no process of ours ended')

  disk.empty()
  let again = ''
  await until('it to be taken again', async () => {
    again = await rey.type(line).catch(() => '')
    return again !== ''
  })
  await until('the issuer to adopt it', async () => (await rey.see(again)).state === 'awaiting_requester')
  assert.equal((await rey.see(view)).state, 'awaiting_requester', 'what was taken before is still there')
  await client.end().catch(() => undefined)
  assert.equal(await running.stop(), 0)
})

test('a folder of keys on a full disk stops the start in words, with the code that says to try again', {
  skip: needsMount,
}, async (t) => {
  const { dir, issuer } = await newDeployment(t)
  const disk = smallDisk(t, 2)
  const keys = join(disk.dir, 'keys')
  cpSync(join(dir, 'keys'), keys, { recursive: true })
  chmodSync(keys, 0o700)
  disk.fill()
  const { code, err } = await runToEnd(['issuer'], { ...issuer, KEYS_DIR: keys })
  assert.match(err, /^countersign: (KEYS_DIR: )?There is no space left on the disk.*: make some and start again\.\n$/)
  assert.equal(code, 69)
})

test('an issuer whose log lies on a full disk serves on', { skip: needsMount }, async (t) => {
  const { issuer } = await newDeployment(t)
  const disk = smallDisk(t, 1)
  const log = openSync(join(disk.dir, 'log'), 'a')
  disk.fill()
  const child = spawn(process.execPath, [...FLAGS, MAIN, 'issuer'], {
    env: { PATH: process.env['PATH'], ...issuer, LOG_LEVEL: 'trace' },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const { ended } = begin(t, child)
  const ready = async () =>
    (await fetch(`http://127.0.0.1:${issuer['ISSUER_PORT']}/readyz`).catch(() => undefined))?.status === 200
  await until('it to serve', ready)
  for (let asked = 0; asked < 20; asked += 1) assert.ok(await ready())
  child.kill('SIGTERM')
  assert.equal(await ended, 0)
})

test('a sandbox on a full disk says so, and starts when there is space', { skip: needsMount }, async (t) => {
  const disk = smallDisk(t, 220)
  disk.fill()
  const premises = await newPremises(t, join(disk.dir, 'data'))
  const refused = premises.run(['start'])
  assert.equal((await refused.ended).code, 69)
  assert.match(refused.err(), /^countersign: There is no space left on the disk( of \S+)?: make some and start again\.\n$/)
  disk.empty()
  const running = await startProduct(premises)
  assert.equal(await running.stop(), 0)
})

test('a folder on a read-only disk is named', { skip: needsMount }, async (t) => {
  const disk = smallDisk(t, 1)
  execFileSync('mount', ['-o', 'remount,ro', disk.dir])
  const { code, err } = await runToEnd(['start'], { DATA_DIR: join(disk.dir, 'data') })
  assert.equal(code, 78)
  assert.match(
    err,
    /^countersign: \S+data cannot be made: its disk is mounted read-only, or what is above it has gone\. Name another folder\.\n$/,
  )
})

test('a folder with spaces and letters of other alphabets, reached by a link and a relative path, under an odd zone and locale', async (t) => {
  const above = mkdtempSync(join(tmpdir(), 'countersign-odd-'))
  chmodSync(above, 0o711)
  t.after(() => rmSync(above, { recursive: true, force: true }))
  const real = join(above, `with spaces ünï ${'long '.repeat(30)}`)
  mkdirSync(real, { mode: 0o711 })
  symlinkSync(real, join(above, 'link'))
  const premises = await newPremises(t, 'link/data', above)
  const running = await startProduct(premises, { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' })
  assert.ok(existsSync(join(real, 'data', 'trust-roots.json')))
  for (const url of [premises.bot, premises.issuer]) assert.equal((await fetch(`${url}/readyz`)).status, 200)
  assert.equal(await running.stop(), 0)
})

test('a user who is nobody, without a home, has a sandbox of his own', {
  skip: !isRoot && 'only root can become another user',
}, async (t) => {
  const premises = await newPremises(t)
  chownSync(premises.dataDir, 65_534, 65_534)
  const environment = { DATA_DIR: premises.dataDir, ...portsOf(premises) }
  const product = begin(t, launch(['start'], environment, { as: { uid: 65_534, gid: 65_534 } }))
  await until('it to be ready', async () => /Countersign is ready/.test(product.said()))
  assert.equal((await fetch(`${premises.issuer}/readyz`)).status, 200)
  product.child.kill('SIGTERM')
  assert.equal(await product.ended, 0)
})

const portsOf = ({ bot, issuer, slack }: { readonly bot: string; readonly issuer: string; readonly slack: string }) => ({
  PORT: new URL(bot).port,
  ISSUER_PORT: new URL(issuer).port,
  SANDBOX_PORT: new URL(slack).port,
})

/** A process with all that it says; killed with the test. */
function begin(t: TestContext, child: ChildProcess) {
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, said: () => said, ended }
}

/** A way to the database that can be shut, as a network or a server that ends. */
function openWay(t: TestContext, port: number, to: number) {
  let server: Server | undefined
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
  }
  const shut = async () => {
    const closed = server && once(server.close(), 'close')
    for (const socket of sockets) socket.destroy()
    await closed
    server = undefined
  }
  t.after(shut)
  return {
    shut,
    open: async () => {
      server = createServer((socket) => {
        const onward = connect(to, '127.0.0.1')
        for (const end of [socket, onward]) keep(end)
        socket.pipe(onward).pipe(socket)
      }).listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
}

function mayMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir], { stdio: 'ignore' })
    execFileSync('umount', [dir])
    return true
  } catch {
    return false
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** A disk of so many megabytes that can be filled to the last byte and emptied again. */
function smallDisk(t: TestContext, megabytes: number) {
  assert.ok(mountable, 'in CI the tests run as root in a container that may mount (CAP_SYS_ADMIN)')
  const dir = mkdtempSync(join(tmpdir(), 'countersign-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0711`, 'tmpfs', dir])
  t.after(() => {
    execFileSync('umount', ['-l', dir])
    rmSync(dir, { recursive: true, force: true })
  })
  const ballast = join(dir, 'ballast')
  return {
    dir,
    fill: () => {
      const file = openSync(ballast, 'w')
      try {
        for (const block of [1 << 20, 4096, 1]) writeUntilFull(file, Buffer.alloc(block))
      } finally {
        closeSync(file)
      }
    },
    empty: () => rmSync(ballast),
  }
}

function writeUntilFull(file: number, block: Buffer): void {
  try {
    while (writeSync(file, block) === block.length);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
  }
}
