import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test, { after, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../src/db/embedded.ts'
import { prepareEmbeddedDatabase, prepareRoles } from '../../src/db/roles.ts'

const log = pino({ level: 'silent' })
const root = process.getuid?.() === 0
const folders: string[] = []
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

// One cluster for most of these tests, because making one takes a second. mkdtemp's mode 0700 bars PostgreSQL's user when we are root.
const shared = await freshFolder()

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-embedded-'))
  folders.push(folder)
  return folder
}

type Answer = { url?: string; home?: string; refused?: string }
async function ownerProcess(t: TestContext, dataDir: string): Promise<{ process: ChildProcess; answer: Answer }> {
  const owner = spawn(process.execPath, [fileURLToPath(new URL('./embedded-owner.ts', import.meta.url)), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => owner.kill('SIGKILL'))
  const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string]
  const answer = JSON.parse(line) as Answer
  if (answer.home) folders.push(answer.home)
  return { process: owner, answer }
}

async function started(t: TestContext, dataDir: string) {
  const postgres = await startEmbeddedPostgres({ dataDir, log })
  folders.push(postgres.home)
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= postgres.stop())
  t.after(stop)
  return { ...postgres, stop }
}

async function ask(url: string, question: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ answer: string }>(`select (${question})::text as answer`)
    return rows[0]?.answer ?? ''
  } finally {
    await client.end()
  }
}

test('two first starts at once on one folder: one owns it, the other names the owner', async (t) => {
  const folder = await freshFolder()
  if (root) await chmod(folder, 0o711)
  const both = await Promise.all([ownerProcess(t, folder), ownerProcess(t, folder)])
  const owner = both.find(({ answer }) => answer.url)
  const other = both.find(({ answer }) => answer.refused)
  assert.ok(owner && other, JSON.stringify(both.map(({ answer }) => answer)))
  assert.match(other.answer.refused ?? '', new RegExp(`is in use by process ${owner.process.pid}:`))
  assert.equal(owner.answer.home, join(folder, 'postgres'), 'a folder that PostgreSQL can reach holds its data')
  owner.process.kill('SIGTERM')
  await once(owner.process, 'exit')
})

test('PostgreSQL listens on loopback only, without TLS or sockets, syncs, and asks for a scram password', async (t) => {
  const { url } = await started(t, shared)
  const setting = (name: string) => ask(url('postgres'), `current_setting('${name}')`)
  assert.equal(await setting('listen_addresses'), '127.0.0.1')
  assert.equal(await setting('unix_socket_directories'), '')
  assert.equal(await setting('ssl'), 'off')
  assert.equal(await setting('fsync'), 'on')
  assert.equal(await ask(url('postgres'), `select string_agg(distinct auth_method, ',') from pg_hba_file_rules`), 'scram-sha-256')
  await assert.rejects(ask(url('postgres', { user: 'postgres', password: 'guessed' }), '1'), { code: '28P01' })
  assert.equal((await stat(join(shared, 'postgres.json'))).mode & 0o777, 0o600)
})

test('a cluster whose owner was killed is adopted as it runs, under the same URL', async (t) => {
  const killed = await ownerProcess(t, shared)
  const url = killed.answer.url ?? ''
  const born = await ask(url, 'pg_postmaster_start_time()')
  killed.process.kill('SIGKILL')
  await once(killed.process, 'exit')
  const adopted = await started(t, shared)
  assert.equal(adopted.url('postgres'), url)
  assert.equal(await ask(url, 'pg_postmaster_start_time()'), born)
})

test('a second start beside a living owner is refused, and the owner goes on', async (t) => {
  const { url } = await started(t, shared)
  const { answer } = await ownerProcess(t, shared)
  assert.match(answer.refused ?? '', new RegExp(`is in use by process ${process.pid}:`))
  assert.equal(await ask(url('postgres'), '1'), '1')
})

test('a killed PostgreSQL comes back under the same URL and with what was committed', async (t) => {
  const { url, home } = await started(t, shared)
  const client = new pg.Client({ connectionString: url('postgres') })
  client.on('error', () => undefined)
  await client.connect()
  await client.query('create table if not exists kept (n int); insert into kept values (1)')
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()))
  const pid = Number((await readFile(join(home, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0])
  process.kill(pid, 'SIGKILL')
  await ended
  assert.equal(await answered(() => ask(url('postgres'), 'select count(*) from kept')), '1')
})

async function answered(question: () => Promise<string>): Promise<string> {
  for (const deadline = Date.now() + 15_000; ; await delay(50)) {
    try {
      return await question()
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}

test('a pid file left from before a crash does not keep the cluster down, though its number is a living process now', async (t) => {
  const first = await started(t, shared)
  const pidPath = join(first.home, 'data', 'postmaster.pid')
  const text = await readFile(pidPath, 'utf8')
  await first.stop()
  await writeFile(pidPath, text.replace(/^\d+/, String(process.pid)))
  const { url } = await started(t, shared)
  assert.equal(await ask(url('postgres'), '1'), '1')
})

test('a remembered port that another program has taken is replaced', async (t) => {
  const first = await started(t, shared)
  await first.stop()
  const squatter = createServer().listen(first.port, '127.0.0.1')
  await once(squatter, 'listening')
  t.after(() => squatter.close())
  const second = await started(t, shared)
  assert.notEqual(second.port, first.port)
  assert.equal(await ask(second.url('postgres'), '1'), '1')
})

test('root lends PostgreSQL a system user, and a folder that this user can reach', {
  skip: !root && 'only root needs another user',
}, async (t) => {
  const { home } = await started(t, shared)
  assert.ok(!home.startsWith(shared), 'mode 0700 bars the way into DATA_DIR')
  const { uid, mode } = await stat(join(home, 'data'))
  assert.notEqual(uid, 0)
  assert.equal(mode & 0o777, 0o700)
  const pid = (await readFile(join(home, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]
  assert.equal((await stat(`/proc/${pid}`)).uid, uid)
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
  assert.ok(!environment.includes('HOME='), 'it gets next to none of our environment')
})

test('four at once make the group roles, which cannot log in', async (t) => {
  const { url } = await started(t, shared)
  await Promise.all([1, 2, 3, 4].map(() => prepareRoles(url('postgres'))))
  const roles = `select string_agg(rolname || ' ' || rolcanlogin, ', ' order by rolname) from pg_roles where starts_with(rolname, 'countersign')`
  assert.equal(await ask(url('postgres'), roles), 'countersign_bot false, countersign_issuer false')
})

test('each process has a login with no more than its role, its own database and no other, and no password in the log', async (t) => {
  const postgres = await started(t, shared)
  const prepare = () => prepareEmbeddedDatabase(postgres, { dataDir: shared, database: 'countersign' })
  const urls = await prepare()
  assert.deepEqual(await prepare(), urls, 'a second start gives the same logins')
  const rights = `select string_agg(role, ' ') from (select rolname as role from pg_roles
    where rolname <> current_user and pg_has_role(current_user, oid, 'member') or rolname = current_user and (rolsuper or rolcreaterole or rolcreatedb)) r`
  assert.equal(await ask(urls.bot, rights), 'countersign_bot')
  assert.equal(await ask(urls.issuer, rights), 'countersign_issuer')
  assert.equal(await ask(urls.owner, rights), 'pg_database_owner')
  for (const url of Object.values(urls)) {
    await assert.rejects(ask(url.replace(/countersign$/, 'postgres'), '1'), { code: '42501' })
    const logText = await readFile(join(postgres.home, 'postgres.log'), 'utf8')
    assert.ok(!logText.includes(new URL(url).password))
  }
})

test('the bot cannot take all connections of the server', async (t) => {
  const postgres = await started(t, shared)
  const { bot, issuer } = await prepareEmbeddedDatabase(postgres, { dataDir: shared, database: 'countersign' })
  const clients = Array.from({ length: 21 }, () => new pg.Client({ connectionString: bot }))
  const outcomes = await Promise.allSettled(clients.map((client) => client.connect()))
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  assert.deepEqual(
    refused.map(({ reason }) => (reason as { code: string }).code),
    ['53300'],
  )
  assert.equal(await ask(issuer, '1'), '1')
  await Promise.all(clients.map((client) => client.end()))
})
